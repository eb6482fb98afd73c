"""Speaks to `agentcore-harden mcp` through the client of the `mcp` package: mcp_client.py PROGRAM PROJECT."""

import asyncio
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

TOOLS = ["check", "explain", "plan", "policy", "token", "diagnose", "list"]


def error(result):
    return getattr(result, "is_error", None) or getattr(result, "isError", None)


def page(result):
    assert not error(result), result
    for name in ("structured_content", "structuredContent"):
        if getattr(result, name, None) is not None:
            return getattr(result, name)
    raise AssertionError(result)


async def main(program, project):
    server = StdioServerParameters(command=program, args=["mcp", project])
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = (await session.list_tools()).tools
        assert [tool.name for tool in tools] == TOOLS, tools
        # The client holds every answer against the tool's output schema.
        findings, offset = [], 0
        while offset is not None:
            found = page(await session.call_tool("check", {"offset": offset}))
            findings += found["findings"]
            offset = found["nextOffset"]
        assert len(findings) == found["total"] > 20, found
        check = findings[0]["check"]
        assert page(await session.call_tool("explain", {"check": check}))["id"] == check
        assert page(await session.call_tool("plan", {}))["steps"]
        assert page(await session.call_tool("list", {"category": "iam"}))["checks"]
        answer = page(await session.call_tool("diagnose", {"error": "ThrottlingException: Rate exceeded on InvokeAgentRuntime"}))
        assert answer, answer
        names = {"runtime": "Helpdesk", "account": "123456789012", "region": "us-east-1"}
        assert page(await session.call_tool("policy", names))["statements"]
        assert error(await session.call_tool("check", {"path": ".."}))
        print(f"{len(TOOLS)} tools, {len(findings)} findings")


asyncio.run(main(sys.argv[1], sys.argv[2]))
