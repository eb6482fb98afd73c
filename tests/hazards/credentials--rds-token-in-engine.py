# snapshot-credentials
import boto3
from sqlalchemy import create_engine
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
rds = boto3.client("rds")
engine = create_engine(f"postgresql://u:{rds.generate_db_auth_token('h', 5432, 'u')}@h/db")  # expect: snapshot-credentials high
@app.entrypoint
def run(p):
    with engine.connect() as c: return c.exec_driver_sql("select 1").scalar()
