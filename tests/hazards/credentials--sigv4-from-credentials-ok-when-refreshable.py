# snapshot-credentials
import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from opensearchpy import AWSV4SignerAuth, OpenSearch
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
creds = boto3.Session().get_credentials()
signer = AWSV4SignerAuth(creds, "eu-west-1", "es")
client = OpenSearch(http_auth=signer)
def sign(url):
    req = AWSRequest(method="GET", url=url)
    SigV4Auth(creds.get_frozen_credentials(), "x", "eu-west-1").add_auth(req)
    return req
@app.entrypoint
def run(p): return client.search(), sign("https://x")
