# snapshot-unique-values
import os, uuid, secrets
from flask import Flask
from strands import Agent
from strands.session.file_session_manager import FileSessionManager
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
web = Flask(__name__)
web.secret_key = secrets.token_bytes(32)  # expect: snapshot-unique-values high
manager = FileSessionManager(session_id=str(uuid.uuid4()))  # expect: snapshot-unique-values high
agent = Agent(session_manager=manager)
os.environ["RUN_ID"] = uuid.uuid4().hex  # expect: snapshot-unique-values medium
@app.entrypoint
def run(p): return str(agent(p["prompt"]))
