# snapshot-host-identity
import logging, os, platform, signal, socket, boto3
from bedrock_agentcore.runtime import BedrockAgentCoreApp
log = logging.getLogger()
app = BedrockAgentCoreApp()
table = boto3.resource("dynamodb").Table("locks"); logs = boto3.client("logs")
OWNER = f"{socket.gethostname()}:{os.getpid()}"  # expect: snapshot-host-identity medium
@app.entrypoint
def q(p):
    key = p["key"]
    table.put_item(Item={"lock": key, "owner": OWNER}, ConditionExpression="attribute_not_exists(#l)")
    stream = f"agent-{platform.node()}"  # expect: snapshot-host-identity low
    logs.put_log_events(logGroupName="g", logStreamName=stream, logEvents=[])
    if p.get("stop"): os.kill(os.getpid(), signal.SIGTERM)
    if socket.gethostname() == "localhost": log.debug("restored")
app.run()
