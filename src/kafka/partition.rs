//! Which partition a key belongs to: Java's hash, so that keys land where every Java client expects them.

/// The seed of `org.apache.kafka.common.utils.Utils.murmur2`.
const SEED: u32 = 0x9747_b28c;

/// The partition of a key, as Java's default partitioner for records with a key chooses it. Krest computes it itself, from the
/// count that was recorded with the source offset: a topic that grew would move keys in silence.
pub fn partition(key: &[u8], partitions: i32) -> i32 {
    let positive = murmur2::murmur2(key, SEED) & 0x7fff_ffff;
    let count = partitions.max(1).unsigned_abs();
    i32::try_from(positive % count).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_land_where_java_puts_them() {
        let placed: Vec<i32> = (1..=4).map(|i| partition(format!("my_key_{i}").as_bytes(), 6)).collect();
        assert_eq!(placed, [0, 4, 5, 2]);
    }

    #[test]
    fn the_hash_is_the_one_of_kafka_s_own_tests() {
        // From UtilsTest.testMurmur2 of Apache Kafka.
        for (key, expected) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2::murmur2(key.as_bytes(), SEED) as i32, expected, "{key}");
        }
    }

    #[test]
    fn every_key_has_a_partition_whatever_the_count() {
        for count in [-1, 0, 1, 7] {
            assert!((0..count.max(1)).contains(&partition(b"", count)), "{count}");
        }
    }
}
