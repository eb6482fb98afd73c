# snapshot-mount-access
# {"filesystemConfigurations": [{"sessionStorage": {"mountPath": "/mnt/data"}}], "envVars": [{"name": "DATA_DIR", "value": "/mnt/data"}]}
import os, functools
from os import environ as env
from pathlib import Path
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
NAME = "DATA_DIR"
def setting(name): return os.environ[name]
Path(env["DATA_DIR"], "a").mkdir()  # expect: snapshot-mount-access high
open(env.get(NAME) + "/b", "w")  # expect: snapshot-mount-access high
os.makedirs(setting("DATA_DIR") + "/c")  # expect: snapshot-mount-access high
os.makedirs(f"{setting(NAME)}/d")  # expect: snapshot-mount-access high
def make(folder): os.makedirs(folder)  # expect: snapshot-mount-access high
make(os.getenv("DATA_DIR"))
os.makedirs(os.environ["OTHER_DIR"])
@app.entrypoint
def run(p): return {}
