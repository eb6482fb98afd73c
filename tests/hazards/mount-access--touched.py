# snapshot-mount-access
# {"filesystemConfigurations": [{"sessionStorage": {"mountPath": "/mnt/data"}}, {"efsAccessPoint": {"accessPointArn": "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0", "mountPath": "/mnt/work"}}]}
import os, sqlite3
from pathlib import Path
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
DB = sqlite3.connect("/mnt/data/notes.db")  # expect: snapshot-mount-access high
BASE = Path(os.getenv("WORKSPACE", "/mnt/work"))
BASE.mkdir(exist_ok=True)  # expect: snapshot-mount-access high
NOTES = Path("/mnt/data/notes.json")
CACHE = Path("/tmp/cache"); CACHE.mkdir(exist_ok=True)
@app.entrypoint
def q(p): return NOTES.read_text(), DB.execute("select 1")
app.run()
