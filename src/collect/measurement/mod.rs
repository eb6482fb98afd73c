//! Reads the record of `measure`, and whether it was made of the code that is there now.

mod import_time;
mod record;

pub use import_time::{ImportNode, ImportTime, parse as parse_import_time};
pub use record::{
    Record, RuntimeRecord, content_hash, file as record_file, read as read_record,
    write as write_record,
};

use std::collections::BTreeMap;

use crate::collect::project::code_folder;
use crate::model::known::{Known, ReasonCode, Unread};
use crate::model::measurement::Measurement;
use crate::model::project::Project;

/// The measurement of each runtime that the record holds.
pub fn collect(project: &Project) -> Known<BTreeMap<String, Measurement>> {
    let path = record_file(&project.root);
    let record = match read_record(&path) {
        Ok(Some(record)) => record,
        Ok(None) => return Known::Absent,
        Err(error) => {
            let message = format!("the record of measurements cannot be read: {error}");
            return Known::Unread(Unread::new(ReasonCode::Unsupported, message));
        }
    };
    let mut measurements = BTreeMap::new();
    for runtime in &project.runtimes {
        let (Some(record), Some(location)) =
            (record.runtimes.get(&runtime.name), &runtime.code_location)
        else {
            continue;
        };
        let Some(folder) = code_folder(project, &location.value) else {
            continue;
        };
        // The code is hashed only where there is a record to compare with: hashing reads the whole tree.
        let hash = content_hash(&project.root.join(folder)).ok();
        let current = hash.is_some_and(|hash| hash == record.content_hash);
        measurements.insert(
            runtime.name.clone(),
            Measurement {
                current,
                measured_at: record.measured_at.clone(),
                median_ms: record.median_ms,
                runs: record.times_ms.len(),
                heaviest: record.imports.heaviest.clone(),
            },
        );
    }
    Known::Read(measurements)
}
