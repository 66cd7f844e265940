// SPDX-License-Identifier: GPL-2.0-or-later

//! What `tshark -T json -e …` prints.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The fields of one frame, each with all its values, in order.
pub type Fields = BTreeMap<String, Vec<String>>;

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "_source")]
    source: Source,
}

#[derive(Deserialize)]
struct Source {
    layers: Fields,
}

/// Reads it, frame by frame.
///
/// # Errors
///
/// It is not what tshark prints.
pub fn frames(printed: &[u8]) -> Result<Vec<Fields>, serde_json::Error> {
    let frames: Vec<Frame> = serde_json::from_slice(printed)?;
    Ok(frames
        .into_iter()
        .map(|frame| frame.source.layers)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_fields_keep_their_order() {
        let printed = br#"[{"_index":"x","_source":{"layers":{"tcp.port":["80","9"]}}},
                           {"_index":"x","_source":{"layers":{}}}]"#;
        let frames = frames(printed).unwrap();
        assert_eq!(frames.len(), 2);
        assert_eq!(frames[0]["tcp.port"], ["80", "9"]);
        assert!(frames[1].is_empty());
        assert!(super::frames(b"[{]").is_err());
    }
}
