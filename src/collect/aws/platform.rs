//! What a runtime's answer says of the platform below it: platform version, capacity provider, ports, mounts, warm-up.

use aws_sdk_bedrockagentcorecontrol::operation::get_agent_runtime::GetAgentRuntimeOutput;
use aws_sdk_bedrockagentcorecontrol::types as sdk;
use serde_json::Value;

use super::fault::known;
use super::raw::RawAnswer;
use super::session::Session;
use super::shapes;
use crate::model::aws::{CapacityProvider, Mount, Ports, Runtime, Warmup};
use crate::model::known::Known;

/// Reads them into `runtime`. `raw` is the answer as it was sent: some fields are newer than the SDK.
pub(super) fn read(runtime: &mut Runtime, output: &GetAgentRuntimeOutput, raw: &Value) {
    runtime.platform_version = output.platform_version().map(str::to_owned);
    runtime.created = shapes::time(output.created_at());
    runtime.capacity_provider =
        output
            .capacity_provider_configuration()
            .map(|block| CapacityProvider {
                arn: block.capacity_provider_arn().unwrap_or_default().to_owned(),
                privilege_mode: Known::Absent,
            });
    runtime.protocol_port = output
        .protocol_configuration()
        .and_then(|block| block.port())
        .map(i64::from);
    let ports = output.allowed_ports().iter().filter_map(|port| match port {
        sdk::AllowedPort::Port(port) => Some(Ports {
            from: i64::from(*port),
            to: i64::from(*port),
        }),
        sdk::AllowedPort::PortRange(range) => Some(Ports {
            from: i64::from(range.from()),
            to: i64::from(range.to()),
        }),
        _ => None,
    });
    runtime.allowed_ports = ports.collect();
    runtime.allowed_ports.sort_unstable();
    runtime.mounts = mounts(output.filesystem_configurations(), raw);
    let post = raw.pointer("/hooksConfiguration/build/warmup/action/httpPost");
    runtime.warmup = post.map(|post| Warmup {
        path: text(post, "path").unwrap_or_default(),
        port: post.get("port").and_then(Value::as_i64),
    });
    let memory = raw.pointer("/resourceConfigurations/0/minimumMemoryInMiB");
    runtime.minimum_memory_mib = memory.and_then(Value::as_i64);
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// The mounts as sent; where no body was kept, those that the SDK knows.
fn mounts(known: &[sdk::FilesystemConfiguration], raw: &Value) -> Vec<Mount> {
    let sent = raw
        .get("filesystemConfigurations")
        .and_then(Value::as_array);
    let mut mounts: Vec<Mount> = match sent {
        Some(sent) => sent.iter().filter_map(sent_mount).collect(),
        None => known.iter().filter_map(mount).collect(),
    };
    mounts.sort();
    mounts
}

fn sent_mount(entry: &Value) -> Option<Mount> {
    let (kind, block) = entry
        .as_object()?
        .iter()
        .find(|(_, block)| block.is_object())?;
    Some(Mount {
        kind: kind.clone(),
        path: text(block, "mountPath").unwrap_or_default(),
        bucket: text(block, "bucket"),
        prefix: text(block, "prefix"),
    })
}

fn mount(entry: &sdk::FilesystemConfiguration) -> Option<Mount> {
    use sdk::FilesystemConfiguration as Mounted;
    let (kind, path) = match entry {
        Mounted::SessionStorage(block) => ("sessionStorage", block.mount_path()),
        Mounted::EfsAccessPoint(block) => ("efsAccessPoint", block.mount_path()),
        Mounted::S3FilesAccessPoint(block) => ("s3FilesAccessPoint", block.mount_path()),
        Mounted::CapacityProviderVolume(block) => ("capacityProviderVolume", block.mount_path()),
        _ => return None,
    };
    Some(Mount {
        kind: kind.to_owned(),
        path: path.to_owned(),
        ..Mount::default()
    })
}

/// Adds what `GetCapacityProvider` says of the operating system.
pub(super) async fn capacity_provider(
    session: &Session,
    provider: CapacityProvider,
) -> CapacityProvider {
    let Some(id) = provider.arn.rsplit('/').next().filter(|id| !id.is_empty()) else {
        return provider;
    };
    let raw = RawAnswer::default();
    let get = session.clients.agentcore.get_capacity_provider();
    let answer = session
        .call(
            "bedrock-agentcore:GetCapacityProvider",
            get.capacity_provider_id(id)
                .customize()
                .interceptor(raw.clone())
                .send(),
        )
        .await;
    let privilege_mode = match answer {
        Ok(_) => privilege(&raw.json()).map_or(Known::Absent, Known::Read),
        Err(fault) => known(Err(fault)),
    };
    CapacityProvider {
        privilege_mode,
        ..provider
    }
}

/// `linux.privilegeMode`, wherever in the answer the operating system is described.
fn privilege(raw: &Value) -> Option<String> {
    let mut open = vec![raw];
    while let Some(value) = open.pop() {
        if let Some(mode) = value
            .pointer("/linux/privilegeMode")
            .and_then(Value::as_str)
        {
            return Some(mode.to_owned());
        }
        match value {
            Value::Object(members) => open.extend(members.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_that_are_newer_than_the_sdk_are_read_from_the_answer() {
        let time = aws_smithy_types::DateTime::from_secs(1_777_716_000);
        let output = GetAgentRuntimeOutput::builder()
            .agent_runtime_arn("arn")
            .agent_runtime_name("a")
            .agent_runtime_id("a-1")
            .agent_runtime_version("1")
            .created_at(time)
            .last_updated_at(time)
            .role_arn("role")
            .status(sdk::AgentRuntimeStatus::Ready)
            .platform_version("V2")
            .allowed_ports(sdk::AllowedPort::Port(9100))
            .build()
            .unwrap();
        let raw = json!({
            "hooksConfiguration": {"build": {"warmup": {"action": {"httpPost": {"path": "/warm", "port": 9000}}}}},
            "resourceConfigurations": [{"minimumMemoryInMiB": 4096}],
            "filesystemConfigurations": [{"s3BucketMount": {"bucket": "b", "mountPath": "/mnt/b", "prefix": "p/"}}],
        });
        let mut runtime = Runtime::default();
        read(&mut runtime, &output, &raw);
        assert_eq!(runtime.platform_version.as_deref(), Some("V2"));
        assert_eq!(runtime.created, "2026-05-02T10:00:00Z");
        assert_eq!(
            runtime.allowed_ports,
            [Ports {
                from: 9100,
                to: 9100
            }]
        );
        let warmup = runtime.warmup.unwrap();
        assert_eq!((warmup.path.as_str(), warmup.port), ("/warm", Some(9000)));
        assert_eq!(runtime.minimum_memory_mib, Some(4096));
        assert_eq!(runtime.mounts[0].prefix.as_deref(), Some("p/"));
        assert_eq!(
            privilege(
                &json!({"operatingSystemConfiguration": {"linux": {"privilegeMode": "PRIVILEGED"}}})
            )
            .as_deref(),
            Some("PRIVILEGED")
        );
    }
}
