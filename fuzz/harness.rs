//! The harness of the fuzz targets: a corpus in `fuzz/corpus/<target>`, replayed and then mutated. See fuzz/README.md.
//!
//! Parsers are private to the crate, so the targets are unit tests beside what they test, and this file is a module of the
//! library's test build. There is no coverage feedback as in libFuzzer, which needs a nightly compiler: mutations take pieces of
//! one seed into another instead, so that a good corpus is worth more than a long run.

#![allow(clippy::print_stdout, reason = "seeds and cases are shown when a test fails")]

use std::any::Any;
use std::env;
use std::fs;
use std::io::{Write as _, stderr};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fastrand::Rng;

/// A case beyond this is an error as well: whatever comes in, reading it ends. Generous, since machines do other things too.
const SLOWEST: Duration = Duration::from_secs(10);
/// A mutation makes nothing longer than this of a seed, in bytes.
const LONGEST: usize = 16 << 10;
/// Of an input that failed, so much is printed.
const SHOWN: usize = 2_000;
/// Where a run begins unless told otherwise: a test run that nobody watches fails by what was changed, never by chance.
const FIRST_SEED: u64 = 20_260_101;
/// Fewer seeds are a corpus that got lost.
const FEWEST_SEEDS: usize = 20;

/// Bytes and numbers at which parsers go wrong.
const ODD: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    "\u{2028}".as_bytes(),
    "\u{1F600}".as_bytes(),
    b"\\",
    b"\"",
    b"'",
    b"\\u0000",
    b"\\ud800",
    b"\\udc00",
    b"{",
    b"}",
    b"[",
    b"]",
    b"<",
    b">",
    b",",
    b";",
    b":",
    b"=",
    b"\n",
    b"\r\n",
    b"\t",
    b" ",
    b"%00",
    b"%",
    b"//",
    b"..",
    b"@",
    b"$",
    b"*",
    b"&",
    b"-",
    b"0",
    b"-0",
    b"1e999",
    b"0.1",
    b"9223372036854775808",
    b"18446744073709551616",
    b"null",
    b"true",
];

/// A parser with its corpus.
pub(crate) struct Target {
    /// The folder of its seeds.
    pub(crate) name: &'static str,
    /// Mutated cases of an ordinary test run.
    pub(crate) runs: u64,
}

/// How long, and from which seed on.
struct Effort {
    runs: u64,
    time: Option<Duration>,
    seed: u64,
}

impl Target {
    /// Holds the property for every seed of the corpus and for mutations of them. The property panics where it is violated.
    pub(crate) fn holds(&self, property: impl Fn(&[u8])) {
        let corpus = self.corpus();
        assert!(corpus.len() >= FEWEST_SEEDS, "{}: only {} seeds", self.name, corpus.len());
        for (path, seed) in &corpus {
            self.case(seed, &path.display().to_string(), &property);
        }
        let effort = Effort::wanted(self.runs);
        // Past the capture of test output: seen also when a case takes the whole process with it.
        let _ =
            writeln!(stderr(), "{}: {} seeds, then KREST_FUZZ_SEED={}", self.name, corpus.len(), effort.seed);
        let (start, mut run) = (Instant::now(), 0);
        while effort.goes_on(run, start) {
            let seed = effort.seed.wrapping_add(run);
            let input = mutated(&corpus, &mut Rng::with_seed(seed));
            self.case(&input, &format!("KREST_FUZZ_SEED={seed} KREST_FUZZ_RUNS=1"), &property);
            run += 1;
        }
        println!("{}: {run} cases in {:?}", self.name, start.elapsed());
    }

    fn corpus(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(self.name);
        let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    fn case(&self, input: &[u8], origin: &str, property: &impl Fn(&[u8])) {
        // For what no test survives, a stack that overflows: the last file is the case.
        if env::var_os("KREST_FUZZ_KEEP").is_some() {
            self.keep(input).expect("the case is kept");
        }
        let start = Instant::now();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| property(input))) {
            self.report(input, origin);
            resume_unwind(panic);
        }
        if start.elapsed() > SLOWEST {
            self.report(input, origin);
            panic!("{}: a case of {} bytes took {:?}", self.name, input.len(), start.elapsed());
        }
    }

    /// What is needed to see it again, and to keep it: a file of the corpus is replayed for ever.
    fn report(&self, input: &[u8], origin: &str) {
        let shown = input.get(..SHOWN).unwrap_or(input).escape_ascii();
        let kept = self.keep(input);
        println!("{}: the property does not hold ({origin}); {} bytes: {shown}", self.name, input.len());
        println!(
            "{}: kept in {kept:?}; a copy in fuzz/corpus/{} is replayed by every test run",
            self.name, self.name
        );
    }

    fn keep(&self, input: &[u8]) -> std::io::Result<PathBuf> {
        let path = env::temp_dir().join(format!("krest-fuzz-{}-{}", self.name, std::process::id()));
        fs::write(&path, input).map(|()| path)
    }
}

impl Effort {
    /// `KREST_FUZZ_SECONDS` (for each target) or `KREST_FUZZ_RUNS`; `KREST_FUZZ_SEED` repeats a run, or is `random`.
    fn wanted(runs: u64) -> Self {
        let number = |name: &str| {
            let text = env::var(name).ok()?;
            Some(text.parse::<u64>().unwrap_or_else(|_| panic!("{name} is no whole number: {text:?}")))
        };
        let random = env::var("KREST_FUZZ_SEED").is_ok_and(|seed| seed == "random");
        Self {
            time: number("KREST_FUZZ_SECONDS").map(Duration::from_secs),
            runs: number("KREST_FUZZ_RUNS").unwrap_or(runs),
            seed: match random {
                // Small enough to be typed.
                true => fastrand::u64(..1 << 40),
                false => number("KREST_FUZZ_SEED").unwrap_or(FIRST_SEED),
            },
        }
    }

    fn goes_on(&self, run: u64, start: Instant) -> bool {
        self.time.map_or(run < self.runs, |time| start.elapsed() < time)
    }
}

/// The first line and the rest, both as text where they are: the form of targets with two inputs.
pub(crate) fn split(input: &[u8]) -> (&str, &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let line = std::str::from_utf8(&input[..end]).unwrap_or_default();
    (line.strip_suffix('\r').unwrap_or(line), input.get(end + 1..).unwrap_or_default())
}

/// The message of a panic, for tests of the harness.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or_default().to_owned()
}

fn mutated(corpus: &[(PathBuf, Vec<u8>)], random: &mut Rng) -> Vec<u8> {
    let any = |random: &mut Rng| corpus[random.usize(..corpus.len())].1.clone();
    let mut input = any(random);
    for _ in 0..1 << random.u32(..4) {
        let other = any(random);
        mutate(&mut input, &other, random);
        input.truncate(LONGEST);
    }
    input
}

fn mutate(input: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    let at = random.usize(..=input.len());
    let piece = range(input.len(), random);
    match random.u8(..9) {
        0 => drop(input.drain(piece)),
        1 => {
            let copy = input[piece].to_vec();
            input.splice(at..at, copy);
        }
        2 => {
            let foreign = other[range(other.len(), random)].to_vec();
            input.splice(piece, foreign);
        }
        3 => {
            let foreign = other[range(other.len(), random)].to_vec();
            input.splice(at..at, foreign);
        }
        4 => drop(input.splice(at..at, ODD[random.usize(..ODD.len())].iter().copied())),
        5 => drop(input.splice(piece, ODD[random.usize(..ODD.len())].iter().copied())),
        6 => {
            // Depth and length: a piece many times over.
            let piece = input[piece].to_vec();
            let times = (1 << random.u32(..10)).min(LONGEST / piece.len().max(1));
            input.splice(at..at, piece.repeat(times));
        }
        7 if at < input.len() => input[at] ^= 1 << random.u8(..8),
        7 => input.push(random.u8(..)),
        _ => input.truncate(at),
    }
}

/// Mostly short: a long piece destroys more than it tries.
fn range(length: usize, random: &mut Rng) -> std::ops::Range<usize> {
    let start = random.usize(..=length);
    let longest = [1, 4, 16, 64, usize::MAX][random.usize(..5)];
    start..start + random.usize(..=(length - start).min(longest))
}

#[test]
fn a_violated_property_fails_with_its_seed_and_an_equal_seed_gives_an_equal_case() {
    let corpus = vec![(PathBuf::from("a"), b"{\"a\":[1,2]}".to_vec()), (PathBuf::from("b"), b"x".to_vec())];
    let of = |seed| mutated(&corpus, &mut Rng::with_seed(seed));
    let cases: Vec<Vec<u8>> = (0..1000).map(of).collect();
    assert_eq!(cases, (0..1000).map(of).collect::<Vec<_>>());
    let different: std::collections::HashSet<&Vec<u8>> = cases.iter().collect();
    assert!(different.len() > 500, "{} of 1000 cases differ", different.len());
    assert!(cases.iter().all(|case| case.len() <= LONGEST) && cases.iter().any(|case| case.len() > 100));

    let target = Target { name: "retry_after", runs: 2_000 };
    let violated = catch_unwind(|| target.holds(|input| assert!(!input.contains(&b'{'), "a planted bug")));
    assert!(message(&*violated.unwrap_err()).contains("a planted bug"));
}

#[test]
fn the_first_line_is_told_from_the_rest() {
    assert_eq!(split(b"data\r\n[1]\n[2]"), ("data", &b"[1]\n[2]"[..]));
    assert_eq!(split(b"data"), ("data", &b""[..]));
    assert_eq!(split(b"\xff\n1"), ("", &b"1"[..]));
}
