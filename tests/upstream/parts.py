"""Every part of an upstream library that a file of ours copies or overrides, or that calls it: docs/not-stock.md.

The values are the beginnings of SHA-256 sums of the source, for the versions in the requirements.txt files. Four more
parts of Django are in tests/answers/test_upstream.py, and its ASGI handler is in tests/middleware/test_handler.py.
"""

# The container with the library, our file, the upstream part and its sum.
PARTS: dict[str, dict[str, dict[str, str]]] = {
    "gunicorn": {
        "tricorn/gunicorn_worker.py": {
            "uvicorn_worker:UvicornWorker.__init__": "d51a1f9f91fdc5da",
            "uvicorn_worker:UvicornWorker._install_sigquit_handler": "f57d52d7c31e0d81",
            "uvicorn_worker:UvicornWorker._serve": "eb799ef03d639317",
        },
        "tricorn/uvicorn_server.py": {
            "gunicorn.arbiter:Arbiter.halt": "f080672e7413f835",
            "gunicorn.arbiter:Arbiter.start": "92668bdb3e86b1af",
            "gunicorn.arbiter:Arbiter.stop": "7138b6afd9c46ae0",
            "uvicorn.server:Server._serve": "4575b7a50adfede8",
            "uvicorn.server:Server.startup": "2aa1d70a244bfcf2",
            "uvicorn.server:Server.shutdown": "9b33c50562992b1e",
        },
        "tricorn/uvicorn_http.py": {
            "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.shutdown": "d7351fa33f00d430",
            "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.handle_websocket_upgrade": "179c4f769386ab89",
            "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol.on_headers_complete": "1ea8589acfad92d8",
            "uvicorn.protocols.http.httptools_impl:RequestResponseCycle.send": "abdd8601b326a8da",
        },
        "tricorn/uvicorn_websocket.py": {
            "uvicorn.protocols.websockets.websockets_sansio_impl:WebSocketsSansIOProtocol": "0bbcec98938432f7",
            "websockets.protocol:Protocol.recv_frame": "4f83d3b90ea62428",
            "websockets.server:ServerProtocol.parse": "8c4d10340de4d32f",
            "websockets.http11:parse_line": "a0524c5f11a26e80",
        },
        "tricorn/handler.py": {
            "django.core.asgi:get_asgi_application": "5f47704332ead684",
            "django.core.cache:close_caches": "abe7badf0640b146",
            "django.core.handlers.base:reset_urlconf": "7ad5ce3f320f5c51",
            "django.db:close_old_connections": "c352dd45e8333c97",
            "django.db:reset_queries": "9989bcde56b2f76a",
            "django.dispatch:Signal._live_receivers": "0a7af5d851f7fd87",
            "django.http:HttpRequest.close": "9a2302ad30a2a646",
            "django.http.response:HttpResponseBase.close": "84589f5b23acbb23",
            "asgiref.sync:SyncToAsync.__call__": "6376e33c6d3d94c5",
            "asgiref.sync:ThreadSensitiveContext": "da8ec00f861b8bdf",
        },
        "tricorn/middleware.py": {
            "django.core.handlers.base:BaseHandler.load_middleware": "a1fb7ee5f8586195",
            "django.utils.deprecation:MiddlewareMixin": "719062a110865f71",
            "django.contrib.auth.middleware:AuthenticationMiddleware": "016788fb7214c6ed",
            "django.contrib.messages.middleware:MessageMiddleware": "68bbf99a11d6e87e",
            "django.contrib.messages.storage.base:BaseStorage.update": "3db9589128339b47",
            "django.contrib.sessions.middleware:SessionMiddleware": "81dfc7bdab259429",
            "django.middleware.clickjacking:XFrameOptionsMiddleware": "b005c3dcd16801e1",
            "django.middleware.common:CommonMiddleware": "0a9411bc1510a38c",
            "django.middleware.csrf:CsrfViewMiddleware": "461e7a1110dea43f",
            "django.middleware.security:SecurityMiddleware": "7c0daafdd127de47",
        },
        "tricorn/answers/exits.py": {
            "django.core.handlers.base:BaseHandler.make_view_atomic": "f3b34bcd85fc1e5e",
            "django.core.handlers.base:BaseHandler._get_response": "ec767cf1bf0296fa",
            "django.core.handlers.base:BaseHandler._get_response_async": "064b55bfd55fc38d",
            "django.core.handlers.base:BaseHandler.get_response": "3d6a79b124c2cccb",
            "django.core.handlers.base:BaseHandler.get_response_async": "ad82c920df0cebbb",
            "django.core.handlers.exception:response_for_exception": "a4f71341850593c6",
        },
        "tricorn/channels_dispatch.py": {
            "channels.consumer:AsyncConsumer.__call__": "e52238720872dbc3",
            "channels.utils:await_many_dispatch": "30ef889498560da3",
        },
        "tricorn/channels_consumer.py": {
            "channels.consumer:AsyncConsumer.dispatch": "39f34e7d4fb0f655",
        },
        "tricorn/channel_layer.py": {
            "channels_redis.core:BoundedQueue": "dbd493640e7726fb",
            "channels_redis.pubsub:RedisPubSubChannelLayer": "53db4ff7b5700b24",
            "channels_redis.pubsub:RedisPubSubLoopLayer": "eb21fee33c3e3c2c",
            "channels_redis.pubsub:RedisSingleShardConnection": "2bae23cd891e94d1",
            "channels_redis.utils:decode_hosts": "012afe3ce1b8e8a5",
            "redis.asyncio.connection:AbstractConnection.disconnect": "11194f01c2f6d3c2",
            "redis.asyncio.connection:AbstractConnection.read_response": "c1b374bc1a30d0b4",
            "redis.asyncio.connection:AbstractConnection.send_packed_command": "baaeabd916209157",
        },
        "tricorn/database_pool.py": {
            "psycopg_pool.base:AttemptWithBackoff": "a8dd4e8928ad0204",
        },
    },
    "daphne": {
        "tricorn/daphne_server.py": {
            "daphne.cli:CommandLineInterface.entrypoint": "3a54113d9a23354f",
            "daphne.cli:CommandLineInterface.run": "039cb21244f402ac",
            "daphne.server:Server": "738aded8bfadfa7e",
            "daphne.http_protocol:HTTPFactory.buildProtocol": "35e878a6e0e41af2",
            "twisted.web.http:HTTPChannel.allHeadersReceived": "979a9a8410f41ad9",
            "twisted.web.http:HTTPChannel.checkPersistence": "3f0cb5b5a40e1109",
            "twisted.web.http:HTTPChannel.dataReceived": "152316e9ce502109",
            "twisted.web.http:HTTPChannel.requestDone": "a75a186c66f7d38d",
            "twisted.web.http:_GenericHTTPChannelProtocol": "eadb1fae403b62b4",
        },
        "tricorn/daphne_body.py": {
            "daphne.http_protocol:WebRequest": "c8355aa77b3b5ccb",
        },
        "tricorn/daphne_response.py": {
            "twisted.web.http:Request.connectionLost": "e874acaf9f19205d",
            "twisted.web.http:Request.registerProducer": "2be6d77997f6ae8e",
            "twisted.web.http:Request.unregisterProducer": "c0a13b6c3993e12c",
        },
        "tricorn/daphne_replies.py": {
            "daphne.ws_protocol:WebSocketProtocol": "5a4cfd647234cdbd",
            "autobahn.websocket.protocol:WebSocketProtocol.sendCloseFrame": "a511406d6b0d711e",
            "autobahn.websocket.protocol:WebSocketProtocol.sendFrame": "89cc8b024c413aa0",
            "autobahn.websocket.protocol:WebSocketServerProtocol.failHandshake": "354c2c03cca517fb",
            "autobahn.websocket.protocol:WebSocketServerProtocol.sendHttpErrorResponse": "cea44d9c8accd7df",
            "autobahn.websocket.protocol:WebSocketServerProtocol.succeedHandshake": "fb43d387929cf206",
        },
        "tricorn/daphne_websocket.py": {
            "daphne.ws_protocol:WebSocketFactory": "782de066fb4f53ee",
            "autobahn.twisted.websocket:WebSocketAdapterProtocol": "bcd023358c954089",
            "autobahn.websocket.protocol:WebSocketProtocol._connectionMade": "7ac58d8bb6c3c752",
            "autobahn.websocket.protocol:WebSocketProtocol._invalid_payload": "1784316d7af3d95d",
            "autobahn.websocket.protocol:WebSocketProtocol._max_message_size_exceeded": "6b5977afbff991c3",
            "autobahn.websocket.protocol:WebSocketProtocol._protocol_violation": "a3520e15ba70c0ec",
            "autobahn.websocket.protocol:WebSocketProtocol.onMessageBegin": "1c5cb3b3e3eb227b",
            "autobahn.websocket.protocol:WebSocketProtocol.onMessageEnd": "efff2a43ca8540d0",
            "autobahn.websocket.protocol:WebSocketProtocol.onMessageFrameBegin": "68c4eae4de95e1fb",
            "autobahn.websocket.protocol:WebSocketProtocol.onMessageFrameData": "23e4805e8f059816",
            "autobahn.websocket.protocol:WebSocketProtocol.onMessageFrameEnd": "00c94dd299eb55fc",
            "autobahn.websocket.protocol:WebSocketProtocol.processData": "25b9c1387a46ab25",
            "autobahn.websocket.protocol:WebSocketProtocol.sendData": "5dcca425b048b07e",
            "autobahn.websocket.protocol:WebSocketServerProtocol.processHandshake": "0055f4d349937673",
            "twisted.internet.abstract:FileDescriptor.doWrite": "a986d7b1b1054e43",
            "twisted.internet.abstract:FileDescriptor.write": "3e46c97fc173bc7e",
            "twisted.internet.tcp:Connection.writeSomeData": "2dd0d4209260b94e",
        },
    },
}
