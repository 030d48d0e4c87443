//! The formats, each read by a module of its own.

mod clover;
mod cobertura;
mod cucumber;
mod jacoco;
mod junit;
mod lcov;
mod nunit;
mod simplecov;
mod telling;
mod testng;
mod trouble;
mod trx;
mod xunit;

use std::io::BufRead;

use crate::error::{Position, ReadError};
use crate::format::{Content, Format, Recognised};
use crate::model::Sink;
use crate::xml::Handler;

/// Reads what was recognised to its end.
pub(crate) fn read<R: BufRead>(
    recognised: Recognised<R>,
    sink: &mut impl Sink,
) -> Result<(), ReadError> {
    let Recognised { format, content } = recognised;
    match (format, content) {
        (Format::JUnit, content) => walk(content, &mut junit::JUnit::new(sink)),
        (Format::NUnit, content) => walk(content, &mut nunit::NUnit::new(sink)),
        (Format::XUnit, content) => walk(content, &mut xunit::XUnit::new(sink)),
        (Format::TestNg, content) => walk(content, &mut testng::TestNg::new(sink)),
        (Format::Cobertura, content) => walk(content, &mut cobertura::Cobertura::new(sink)),
        (Format::JaCoCo, content) => walk(content, &mut jacoco::JaCoCo::new(sink)),
        (Format::Clover, content) => walk(content, &mut clover::Clover::new(sink)),
        (Format::Trx, content) => walk(content, &mut trx::Trx::new(sink)),
        (Format::Cucumber, Content::Json(json)) => cucumber::read(*json, sink),
        (Format::SimpleCov, Content::Json(json)) => simplecov::read(*json, sink),
        (Format::Lcov, Content::Lines(window)) => lcov::read(*window, sink),
        (format @ (Format::Cucumber | Format::SimpleCov | Format::Lcov), _) => {
            Err(Position::START.fault(format!("this is no {format}")))
        }
    }
}

fn walk<R: BufRead>(content: Content<R>, handler: &mut impl Handler) -> Result<(), ReadError> {
    match content {
        Content::Xml(mut document) => document.walk(handler),
        Content::Json(_) | Content::Lines(_) => Err(Position::START.fault("this is no XML")),
    }
}
