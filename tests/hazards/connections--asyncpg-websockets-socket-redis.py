# snapshot-connections
import asyncio, asyncpg, socket, redis, websockets
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
pool = asyncio.run(asyncpg.create_pool("dsn"))  # fails
sock = socket.create_connection(("h", 1))  # fails
cache = redis.Redis(host="h")
cache.ping()
@app.entrypoint
async def run(p):
    sock.send(b"x"); cache.get("k")
    async with pool.acquire() as c: return await c.fetch("select 1")
