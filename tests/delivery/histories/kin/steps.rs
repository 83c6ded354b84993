//! What happens in a step beside the changes.

use fastrand::Rng;
use krest::failpoint::POINTS;

#[derive(Clone, Debug)]
pub enum Step {
    /// A run in which nothing goes wrong.
    Run,
    /// A run that has lost its disk.
    LostDisk,
    /// `kill -9` at a failpoint, then a run. With `true` the API changes in between.
    Killed(String, bool),
    /// The pages below one parent, on this level, are refused for a whole run.
    Refused(usize),
    /// A page of the posts is refused.
    RefusedAbove,
    /// krest runs and is told something, after each change of the API something else.
    Told,
    /// Something is sent while krest is stopped.
    Mailed,
    /// One of the family is paused for a while.
    Paused(usize),
}

impl Step {
    pub fn draw(levels: usize, dice: &mut Rng) -> Self {
        let nth = dice.u32(1..5);
        match dice.u32(..100) {
            0..15 => Self::Run,
            15..25 => Self::LostDisk,
            25..45 => {
                let point = dice.choice(POINTS).expect("there are some");
                Self::Killed(format!("{point}=kill@{nth}"), dice.bool())
            }
            45..65 => Self::Refused(dice.usize(1..levels)),
            65..70 => Self::RefusedAbove,
            70..84 => Self::Told,
            84..92 => Self::Mailed,
            _ => Self::Paused(dice.usize(..levels)),
        }
    }
}
