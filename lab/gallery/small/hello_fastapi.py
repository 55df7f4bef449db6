import asyncio

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def hello() -> dict[str, str]:
    await asyncio.sleep(0.1)
    return {"message": "Hello, ASGI!"}
