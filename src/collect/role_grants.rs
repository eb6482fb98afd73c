//! Infrastructure code and scripts outside of `agentcore/` that attach policies to a role which something else made: the CLI's
//! role may hold more than the construct gives it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regex::Regex;

use super::infrastructure::{Pattern, has, is_made, matching};
use super::project::read_text_up_to;
use crate::model::project::Project;
use crate::text::holds;

/// A role by its name or ARN, in CDK code.
static CDK_ROLE: Pattern = Pattern::new(&["Role.from"], || {
    Regex::new(r"\bRole\.(?:from_role_arn|from_role_name|from_lookup|fromRoleArn|fromRoleName|fromLookup)\(")
        .ok()
});
/// What adds to such a role.
static CDK_ADDS: Pattern = Pattern::new(&["add", "attach", "grant", "Policy"], || {
    Regex::new(
        r"\b(?:add_to_principal_policy|addToPrincipalPolicy|add_to_policy|addToPolicy|attach_inline_policy|attachInlinePolicy|add_managed_policy|addManagedPolicy|grant\w*|iam\.Policy|iam\.ManagedPolicy|CfnPolicy|CfnRolePolicy)\(",
    )
    .ok()
});
/// A role by its name, in Terraform.
static TERRAFORM_ROLE: Pattern = Pattern::new(&["aws_iam_role"], || {
    Regex::new(r#"^\s*data\s+"aws_iam_role"\s+"#).ok()
});
static TERRAFORM_ADDS: Pattern = Pattern::new(&["aws_iam_role_polic"], || {
    Regex::new(r#"^\s*resource\s+"aws_iam_role_polic(?:y|y_attachment|ies_exclusive)"\s+"#).ok()
});
/// What makes a role, and what adds to one, in scripts.
static MAKES: Pattern = Pattern::new(
    &[
        "create_role",
        "create-role",
        "createRole",
        "CreateRoleCommand",
    ],
    || Regex::new(r"\bcreate[-_]role\b|createRole|CreateRoleCommand").ok(),
);
static ADDS: Pattern = Pattern::new(&["role-policy", "role_policy", "RolePolicy"], || {
    Regex::new(
        r"\biam\s+(?:put-role-policy|attach-role-policy)\b|\.(?:put_role_policy|attach_role_policy|putRolePolicy|attachRolePolicy)\(|\b(?:PutRolePolicyCommand|AttachRolePolicyCommand)\(",
    )
    .ok()
});

/// Folders of a repository that hold infrastructure code and scripts, by how their names begin.
const FOLDERS: [&str; 10] = [
    "infra",
    "cdk",
    "terraform",
    "tf",
    "deploy",
    "scripts",
    "iac",
    "ops",
    "bin",
    "stacks",
];
/// Deepest folder below one of them that is read.
const DEEPEST: usize = 4;
/// Most files that are read.
const MOST_FILES: usize = 400;
/// Largest file that is read.
const LARGEST: u64 = 512 << 10;

/// Where the infrastructure code of the repository adds to roles, for a project in a subfolder of it.
pub(super) fn beside(project: &Project) -> BTreeMap<String, Vec<u32>> {
    let repository = project.repository.as_deref();
    repository.map_or_else(BTreeMap::new, |repository| {
        of_repository(repository, &project.root)
    })
}

fn of_repository(repository: &Path, root: &Path) -> BTreeMap<String, Vec<u32>> {
    let mut found = BTreeMap::new();
    let Ok(below) = root.strip_prefix(repository) else {
        return found;
    };
    if below.as_os_str().is_empty() {
        return found;
    }
    let up = "../".repeat(below.components().count());
    let mut files = 0;
    for folder in folders(repository) {
        let walk = walkdir(&folder, DEEPEST);
        for path in walk {
            if path.starts_with(root) || files >= MOST_FILES {
                continue;
            }
            files += 1;
            let Ok(relative) = path.strip_prefix(repository) else {
                continue;
            };
            let shown = format!("{up}{}", relative.to_string_lossy().replace('\\', "/"));
            let Ok(text) = read_text_up_to(&path, &shown, LARGEST) else {
                continue;
            };
            let lines = lines(&shown, &text);
            if !lines.is_empty() {
                found.insert(shown, lines);
            }
        }
    }
    found
}

fn folders(repository: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(repository) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy().to_ascii_lowercase();
            FOLDERS.iter().any(|start| name.starts_with(start))
        })
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

/// The files below a folder, in order; links are not followed.
fn walkdir(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    let mut entries: Vec<std::fs::DirEntry> =
        entries.filter_map(Result::ok).take(MOST_FILES).collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let name = entry.file_name();
        let hidden = name.to_string_lossy().starts_with('.');
        if kind.is_file() {
            found.push(entry.path());
        } else if kind.is_dir()
            && depth > 0
            && !hidden
            && name != "node_modules"
            && name != "cdk.out"
        {
            found.extend(walkdir(&entry.path(), depth - 1));
        }
    }
    found
}

/// The lines (1-based) of a file where it adds to a role that it does not make. `path` is relative to the project root.
pub fn lines(path: &str, text: &str) -> Vec<u32> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if is_made(path) {
        return Vec::new();
    }
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if !is_about_agents(text) {
        return Vec::new();
    }
    if ends(&[".tf", ".tofu"]) {
        return match has(&TERRAFORM_ROLE, text) {
            true => matching(&TERRAFORM_ADDS, text),
            false => Vec::new(),
        };
    }
    let code = ends(&[".py", ".ts", ".mts", ".js", ".mjs", ".cjs"]);
    if code && has(&CDK_ROLE, text) && has(&CDK_ADDS, text) {
        return matching(&CDK_ROLE, text);
    }
    let script =
        code || ends(&[".sh", ".bash", ".ps1", ".zsh", ".yml", ".yaml"]) || name == "Makefile";
    match script && !has(&MAKES, text) {
        true => matching(&ADDS, text),
        false => Vec::new(),
    }
}

/// Whether a file can be about the role of an agent at all.
fn is_about_agents(text: &str) -> bool {
    ["gent", "untime", "GENT", "UNTIME"]
        .iter()
        .any(|word| holds(text, word))
        && holds(text, "ole")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{lines, of_repository};

    #[test]
    fn infrastructure_beside_a_project_in_a_folder_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("services/desk");
        let infra = folder.path().join("infra/lib");
        for made in [&root, &infra] {
            std::fs::create_dir_all(made).unwrap();
        }
        let code = "const role = iam.Role.fromRoleArn(this, 'AgentRole', arn);\nnew iam.ManagedPolicy(this, 'More', { roles: [role] });\n";
        std::fs::write(infra.join("core.ts"), code).unwrap();
        let found = of_repository(folder.path(), &root);
        assert_eq!(found.get("../../infra/lib/core.ts"), Some(&vec![1]));
        assert!(of_repository(folder.path(), folder.path()).is_empty());
    }

    #[test]
    fn code_that_adds_to_a_role_of_something_else_is_found() {
        let python = "from aws_cdk import aws_iam as iam\nruntime_role = iam.Role.from_role_arn(self, \"Runtime\", arn)\nruntime_role.add_to_principal_policy(statement)\n";
        assert_eq!(lines("infra/stack.py", python), [2]);
        let node =
            "const role = iam.Role.fromRoleName(this, 'Agent', name);\nbucket.grantRead(role);\n";
        assert_eq!(lines("infra/stack.ts", node), [1]);
        let terraform = "data \"aws_iam_role\" \"agent\" {}\nresource \"aws_iam_role_policy\" \"agent\" {\n  role = data.aws_iam_role.agent.id\n}\n";
        assert_eq!(lines("infra/main.tf", terraform), [2]);
        let shell = "ROLE=$(agentcore status | jq -r .role)\naws iam put-role-policy --role-name \"$ROLE\" --policy-name agent --policy-document file://p.json\n";
        assert_eq!(lines("scripts/grant.sh", shell), [2]);
    }

    #[test]
    fn roles_of_its_own_are_not() {
        let shell = "aws iam create-role --role-name agent-proxy\naws iam put-role-policy --role-name agent-proxy --policy-name invoke\n";
        assert!(lines("scripts/proxy.sh", shell).is_empty());
        let node = "const role = new iam.Role(this, 'Agent');\nbucket.grantRead(role);\n";
        assert!(lines("infra/stack.ts", node).is_empty());
        let only = "const role = iam.Role.fromRoleName(this, 'Agent', name);\n";
        assert!(lines("infra/stack.ts", only).is_empty());
    }
}
