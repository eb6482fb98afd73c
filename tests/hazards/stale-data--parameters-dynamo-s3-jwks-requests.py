# snapshot-stale-data
import boto3, json, requests
from jwt import PyJWKClient
from bedrock_agentcore.runtime import BedrockAgentCoreApp
from aws_lambda_powertools.utilities import parameters
app = BedrockAgentCoreApp()
ssm = boto3.client("ssm")
CFG = ssm.get_parameter(Name="/a")["Parameter"]["Value"]  # expect: snapshot-stale-data low
ROW = boto3.resource("dynamodb").Table("t").get_item(Key={"k": "1"})["Item"]  # expect: snapshot-stale-data low
DOC = json.loads(boto3.client("s3").get_object(Bucket="b", Key="k")["Body"].read())  # expect: snapshot-stale-data low
KEYS = requests.get("https://idp.example.com/jwks.json").json()  # expect: snapshot-stale-data low
FLAG = parameters.get_parameter("/flag")  # expect: snapshot-stale-data low
lazy = PyJWKClient("https://idp.example.com/jwks.json")
@app.entrypoint
def run(p): return CFG, ROW, DOC, KEYS, FLAG, lazy.get_signing_key_from_jwt(p["t"])
