//! A hundred pull requests opened at once with builds of `true`, by the `gate local` process. Exits with an error if a
//! verdict is wrong, if anything is left after the sweep, or if the process ever took 300 MB.

use std::process::ExitCode;

use mergegate_tests::tools;

const COUNT: u16 = 100;
const MOST_MEMORY_MIB: u64 = 286;

#[tokio::main]
async fn main() -> ExitCode {
    let figures = tools::rush(usize::from(COUNT)).await;
    let seconds = figures.until_all_verdicts.as_secs_f64();
    println!("{COUNT} pull requests opened at once, builds of `true`, 4 at a time");
    println!(
        "verdicts, all right      {seconds:.1} s, {:.1} a second",
        f64::from(COUNT) / seconds
    );
    println!(
        "closed, swept, all gone  {:.1} s",
        figures.until_all_gone.as_secs_f64()
    );
    println!("peak memory              {} MiB", figures.peak_memory_mib);
    if figures.peak_memory_mib >= MOST_MEMORY_MIB {
        eprintln!("broken: at most 300 MB");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
