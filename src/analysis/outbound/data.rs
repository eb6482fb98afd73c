//! Requests for a file of data: no service that a gateway could front.

use super::address::Address;

/// Ends of paths that are files of data or models. JSON and XML alone are not among them: services answer under such paths.
const ENDS: [&str; 38] = [
    ".zip",
    ".tar",
    ".tgz",
    ".gz",
    ".bz2",
    ".xz",
    ".7z",
    ".zst",
    ".csv",
    ".tsv",
    ".parquet",
    ".feather",
    ".arrow",
    ".avro",
    ".orc",
    ".jsonl",
    ".ndjson",
    ".xls",
    ".xlsx",
    ".ods",
    ".pdf",
    ".txt",
    ".npy",
    ".npz",
    ".pkl",
    ".pickle",
    ".h5",
    ".hdf5",
    ".onnx",
    ".pt",
    ".safetensors",
    ".gguf",
    ".sqlite",
    ".db",
    ".geojson",
    ".shp",
    ".nc",
    ".grib2",
];
/// Functions that store what they fetch in a file.
const STORES: [&str; 3] = [
    "urllib.request.urlretrieve",
    "wget.download",
    "pooch.retrieve",
];

/// Whether a call of a function fetches a file of data.
pub(super) fn is_file(function: &str, address: &Address) -> bool {
    let path = address.whole_path().map(str::to_ascii_lowercase);
    let ends = |path: String| ENDS.iter().any(|end| path.ends_with(end));
    STORES.contains(&function) || path.is_some_and(ends)
}

#[cfg(test)]
mod tests {
    use super::{Address, is_file};

    fn address(text: &str, complete: bool) -> Address {
        Address {
            text: text.to_owned(),
            complete,
            variable: None,
        }
    }

    #[test]
    fn a_path_is_whole_once_its_query_begins() {
        for (text, complete, path) in [
            ("https://a.example/v1/x?q=", false, Some("/v1/x")),
            ("https://a.example/v1/x#", false, Some("/v1/x")),
            ("https://a.example/v1/x", true, Some("/v1/x")),
            ("https://a.example/v1/", false, None),
            ("https://a.exam", false, None),
        ] {
            assert_eq!(address(text, complete).whole_path(), path, "{text}");
        }
    }

    #[test]
    fn files_of_data_are_told_by_their_end() {
        let at = |text| address(text, true);
        assert!(is_file("requests.get", &at("https://a.example/x.CSV?y=1")));
        assert!(is_file(
            "urllib.request.urlretrieve",
            &at("https://a.example/")
        ));
        assert!(!is_file("requests.get", &at("https://a.example/x.json")));
        assert!(!is_file(
            "requests.get",
            &address("https://a.example/x.csv", false)
        ));
    }
}
