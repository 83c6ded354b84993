//! Where a key belongs: the partition that every Java client would choose.

/// Kafka's seed for murmur2 (`org.apache.kafka.common.utils.Utils`).
const SEED: u32 = 0x9747_b28c;

/// The partition of a key, as the Java client's default partitioner computes it. `partitions` below 1 counts as 1.
pub fn partition_for(key: &[u8], partitions: i32) -> i32 {
    let positive = murmur2::murmur2(key, SEED).cast_signed() & i32::MAX;
    positive % partitions.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_of_kafkas_own_test() {
        for (key, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ] {
            assert_eq!(murmur2::murmur2(key.as_bytes(), SEED).cast_signed(), hash, "{key}");
        }
    }

    #[test]
    fn keys_land_where_java_puts_them() {
        let partitions =
            ["my_key_1", "my_key_2", "my_key_3", "my_key_4"].map(|key| partition_for(key.as_bytes(), 6));
        assert_eq!(partitions, [0, 4, 5, 2]);
        assert_eq!(partition_for(b"any", 1), 0);
        assert_eq!(partition_for(b"any", 0), 0);
    }
}
