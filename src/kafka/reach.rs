//! Where a transaction's messages came to stand, by resource and partition.

/// Messages of one transaction in one partition of an output topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    pub partition: i32,
    /// The offset of the first of them.
    pub first: i64,
    /// The next offset after the last of them.
    pub next: i64,
    /// How many they are. Another writer was there, too, if that is less than the offsets between.
    pub messages: i64,
}

/// By resource and partition; nothing where no message was delivered since it was last asked for.
#[derive(Debug, Default)]
pub(super) struct Reach(Vec<Vec<Option<Reached>>>);

impl Reach {
    pub(super) fn delivered(&mut self, resource: usize, partition: i32, offset: i64) {
        let Ok(place) = usize::try_from(partition) else { return };
        let reached = entry(&mut self.0, resource).and_then(|partitions| entry(partitions, place));
        let Some(reached) = reached else { return };
        let known = reached.unwrap_or(Reached { partition, first: offset, next: offset, messages: 0 });
        let (first, next) = (known.first.min(offset), known.next.max(offset + 1));
        *reached = Some(Reached { partition, first, next, messages: known.messages + 1 });
    }

    /// What a resource's messages reached since this was last asked.
    pub(super) fn take(&mut self, resource: usize) -> Vec<Reached> {
        let Some(partitions) = self.0.get_mut(resource) else { return Vec::new() };
        partitions.iter_mut().filter_map(Option::take).collect()
    }
}

/// The entry at this place of a list that grows to have it: a topic that is made again may have more partitions.
pub(super) fn entry<T: Clone + Default>(list: &mut Vec<T>, place: usize) -> Option<&mut T> {
    if list.len() <= place {
        list.resize(place + 1, T::default());
    }
    list.get_mut(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_counted_by_resource_and_partition_and_given_out_once() {
        let mut reach = Reach::default();
        for (resource, partition, offset) in [(1, 2, 7), (1, 2, 6), (1, 0, 0), (0, -1, 1), (5, 0, 1)] {
            reach.delivered(resource, partition, offset);
        }
        let of = |partition, first, next, messages| Reached { partition, first, next, messages };
        assert_eq!(reach.take(1), [of(0, 0, 1, 1), of(2, 6, 8, 2)]);
        assert_eq!((reach.take(1), reach.take(0), reach.take(9)), (vec![], vec![], vec![]));
        reach.delivered(1, 2, 9);
        assert_eq!(reach.take(1), [of(2, 9, 10, 1)]);
    }
}
