"""/gateway/ as a synchronous view and /async/gateway/ as an asynchronous one: compare `thread` on each gateway."""

from django.http import HttpRequest, JsonResponse

from gateway.identity import identity


def gateway(request: HttpRequest) -> JsonResponse:
    return JsonResponse(identity(request))


async def async_gateway(request: HttpRequest) -> JsonResponse:
    return JsonResponse(identity(request))
