# snapshot-credentials
import boto3
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
s3 = boto3.client("s3")
def logo(url=s3.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})):  # expect: snapshot-credentials high
    return url
@app.entrypoint
def run(p): return logo()
