//! What happens in a step beside the changes: a run, or several, and what goes wrong in them.

use fastrand::Rng;
use krest::failpoint::POINTS;

#[derive(Clone, Debug)]
pub enum Step {
    /// A run in which nothing goes wrong.
    Run,
    /// `krest plan` before it.
    Planned,
    /// A run that has lost its disk.
    LostDisk,
    /// `kill -9` at a failpoint, then a run. With `true` the API changes in between.
    Killed(String, bool),
    /// The answer behind so many others is this status.
    Answered(usize, u16),
    /// krest runs on and on, and the API changes meanwhile.
    Running,
}

impl Step {
    pub fn draw(dice: &mut Rng) -> Self {
        let nth = dice.u32(1..4);
        match dice.u32(..100) {
            0..15 => Self::Run,
            15..30 => Self::Planned,
            30..42 => Self::LostDisk,
            42..70 => {
                let point = dice.choice(POINTS).expect("there are some");
                Self::Killed(format!("{point}=kill@{nth}"), dice.bool())
            }
            70..78 => Self::Answered(dice.usize(..6), 503),
            78..90 => Self::Answered(dice.usize(..6), 403),
            _ => Self::Running,
        }
    }
}
