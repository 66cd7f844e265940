// SPDX-License-Identifier: GPL-2.0-or-later

//! A stand-in for OpenSearch: takes an index with its mapping, and packets that fit it.
//!
//! It is as strict as OpenSearch 2 and Elasticsearch 8: an action with a type is refused
//! (opensearch-project/OpenSearch#4904, sematext/logsene-js#42).
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value is null where it lacks something"
)]

use std::{
    error::Error,
    net::IpAddr,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tiny_http::{Method, Request, Response, Server};

/// Where the page's commands look for it.
const ADDRESS: &str = "127.0.0.1:9200";

/// Another test run on this machine has it only for as long as its page takes.
const PATIENCE: Duration = Duration::from_secs(300);

/// A running one; dropping it ends it.
pub struct Index {
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
}

impl Index {
    /// Listens; an error where something else does, and goes on to.
    pub fn start() -> Result<Self, Box<dyn Error>> {
        let started = Instant::now();
        let server = loop {
            match Server::http(ADDRESS) {
                Ok(server) => break server,
                Err(_) if started.elapsed() < PATIENCE => thread::sleep(PATIENCE / 1000),
                Err(error) => return Err(format!("{ADDRESS}: {error}").into()),
            }
        };
        let server = Arc::new(server);
        let listening = server.clone();
        let thread = thread::spawn(move || {
            let mut mapping = Value::Null;
            for mut request in listening.incoming_requests() {
                let (status, answer) = match answer(&mut request, &mut mapping) {
                    Ok(answer) => (200, answer),
                    Err(error) => (400, json!({"error": error.to_string()})),
                };
                let response = Response::from_string(answer.to_string() + "\n");
                // curl says what is missing.
                drop(request.respond(response.with_status_code(status)));
            }
        });
        Ok(Self {
            server,
            thread: Some(thread),
        })
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has already said so.
            drop(thread.join());
        }
    }
}

fn answer(request: &mut Request, mapping: &mut Value) -> Result<Value, Box<dyn Error>> {
    let mut body = String::new();
    request.as_reader().read_to_string(&mut body)?;
    let kind = request
        .headers()
        .iter()
        .find(|header| header.field.equiv("Content-Type"))
        .map(|header| header.value.to_string())
        .unwrap_or_default();
    match (request.method(), request.url(), kind.as_str()) {
        (Method::Put, "/packets", "application/json") => {
            *mapping = serde_json::from_str(&body)?;
            Ok(json!({"acknowledged": true, "shards_acknowledged": true, "index": "packets"}))
        }
        (Method::Post, "/packets/_bulk", "application/x-ndjson") => bulk(&body, mapping),
        (method, url, kind) => Err(format!("no handler for {method} {url} of {kind}").into()),
    }
}

/// Takes lines by twos: what to do, and the packet.
fn bulk(body: &str, mapping: &Value) -> Result<Value, Box<dyn Error>> {
    if !body.ends_with('\n') {
        return Err("a bulk request ends with a newline".into());
    }
    let mut items = Vec::new();
    let mut lines = body.lines();
    while let Some(action) = lines.next() {
        if serde_json::from_str::<Value>(action)? != json!({"index": {}}) {
            return Err(format!("an action for this index and nothing else, not {action}").into());
        }
        let packet: Value = serde_json::from_str(lines.next().ok_or("a packet is missing")?)?;
        let status = if unfit(&packet, mapping).is_empty() {
            201
        } else {
            400
        };
        items.push(json!({"index": {"status": status}}));
    }
    let errors = items.iter().any(|item| item["index"]["status"] != 201);
    Ok(json!({"errors": errors, "items": items}))
}

/// What of a packet cannot be read as what it is mapped to, or is ours and not mapped.
pub fn unfit(packet: &Value, mapping: &Value) -> Vec<String> {
    let properties = &mapping["mappings"]["properties"];
    let mut faults = Vec::new();
    if !fits(&packet["timestamp"], &properties["timestamp"]) {
        faults.push(format!("timestamp is {}", packet["timestamp"]));
    }
    for (layer, fields) in packet["layers"].as_object().into_iter().flatten() {
        let mapped = &properties["layers"]["properties"][layer]["properties"];
        for (name, value) in fields.as_object().into_iter().flatten() {
            match mapped.get(name) {
                None if name.starts_with("rst_") => faults.push(format!("{name} has no mapping")),
                Some(mapped) if !fits(value, mapped) => {
                    faults.push(format!("{name} is {value}, not {mapped}"));
                }
                _ => {}
            }
        }
    }
    faults
}

/// Whether a value, or each of several, can be read as what it is mapped to.
fn fits(value: &Value, mapped: &Value) -> bool {
    if let Some(values) = value.as_array() {
        return values.iter().all(|value| fits(value, mapped));
    }
    let text = value.as_str();
    match mapped["type"].as_str() {
        Some("boolean") => value.is_boolean(),
        Some("long" | "date") => text.is_some_and(|text| text.parse::<i64>().is_ok()),
        Some("double") => text.is_some_and(|text| text.parse::<f64>().is_ok()),
        Some("ip") => text.is_some_and(|text| text.parse::<IpAddr>().is_ok()),
        // A longer one is kept, but not found.
        Some("keyword") => text.is_some_and(|text| text.len() < 32_766),
        Some("text") => text.is_some(),
        _ => false,
    }
}
