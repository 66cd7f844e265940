// SPDX-License-Identifier: GPL-2.0-or-later

//! Links and points; whole captures are in tests/both_sides.rs.

use super::*;

fn station(interface: u32, last: u8) -> Station {
    Station {
        interface,
        vlan: 0,
        address: [2, 0, 0, 0, 0, last],
    }
}

impl Points {
    fn tell(&mut self, station: Station) -> Option<Point> {
        let link = self.link(station)?;
        self.tell_apart(link).then_some(self.told_apart)
    }

    fn are_apart(&self, one: Station, two: Station) -> bool {
        self.link(one).is_some() && self.link(one) != self.link(two)
    }
}

fn mac(last: u8) -> Option<[u8; 6]> {
    Some([2, 0, 0, 0, 0, last])
}

#[test]
fn stations_of_one_frame_share_a_link() {
    let mut points = Points::default();
    points.learn(station(0, 1), mac(2));
    points.learn(station(0, 3), mac(4));
    assert!(points.are_apart(station(0, 1), station(0, 4)));
    points.learn(station(0, 5), mac(4));
    points.learn(station(0, 5), mac(1));
    assert!(!points.are_apart(station(0, 2), station(0, 3)));
}

#[test]
fn a_link_told_apart_is_a_point_with_all_its_stations() {
    let mut points = Points::default();
    points.learn(station(0, 1), mac(2));
    points.learn(station(1, 1), mac(2));
    assert!(!points.are_several());
    assert_eq!(points.tell(station(1, 1)), Some(1));
    assert_eq!(points.point(station(1, 2)), 1);
    assert_eq!(points.point(station(0, 2)), 0);
    points.learn(station(1, 3), mac(2));
    assert_eq!(points.point(station(1, 3)), 1);
    assert_eq!(points.point(station(1, 9)), 0);
}

#[test]
fn an_interface_that_shows_no_receivers_is_one_link() {
    let mut points = Points::default();
    points.learn(station(0, 1), None);
    points.learn(station(0, 2), None);
    assert!(!points.are_apart(station(0, 1), station(0, 2)));
    points.learn(station(1, 3), None);
    points.tell(station(1, 3));
    assert_eq!(points.point(station(1, 4)), 1);
}

#[test]
fn points_and_stations_are_bounded() {
    let mut points = Points::default();
    for interface in 0..10_000 {
        points.learn(station(interface, 1), mac(2));
        points.tell(station(interface, 1));
    }
    assert_eq!(points.stations.len(), MOST_STATIONS);
    assert_eq!(points.told_apart, MOST_POINTS - 1);
}
