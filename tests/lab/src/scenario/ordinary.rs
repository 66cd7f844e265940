// SPDX-License-Identifier: GPL-2.0-or-later

//! Conversations without a reset: nothing may be said about them.

use std::{thread, time::Duration};

use anyhow::Result;

use super::{
    Scenario, client,
    payload::{REQUEST, RESPONSE},
};
use crate::{lab::Lab, tokens::Kind};

const PORT: u16 = 80;

pub(super) const TABLE: &[Scenario] = &[
    Scenario {
        name: "plain_close",
        purpose: "A conversation that ends in order by two FINs.",
        kind: Kind::Real,
        run: plain_close,
        captures: &[client(&[])],
    },
    Scenario {
        name: "idle_open",
        purpose: "A conversation that is silent for two seconds, goes on, and is still open at the end.",
        kind: Kind::Real,
        run: idle_open,
        captures: &[client(&[])],
    },
];

fn plain_close(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    connection.close()
}

fn idle_open(lab: &mut Lab) -> Result<()> {
    let listener = lab.listen(PORT)?;
    let mut connection = lab.connect(&listener)?;
    connection.exchange(REQUEST, RESPONSE)?;
    thread::sleep(Duration::from_secs(2));
    connection.exchange(REQUEST, RESPONSE)?;
    lab.end_captures()
}
