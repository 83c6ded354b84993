// Where Java's default partitioner puts keys: one in base64 a line on stdin, one partition a line on stdout.
//
//     java Placement.java PARTITIONS

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Base64;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;

class Placement {
    public static void main(String[] arguments) throws Exception {
        int partitions = Integer.parseInt(arguments[0]);
        BufferedReader keys = new BufferedReader(new InputStreamReader(System.in));
        StringBuilder all = new StringBuilder();
        for (String key = keys.readLine(); key != null; key = keys.readLine()) {
            all.append(BuiltInPartitioner.partitionForKey(Base64.getDecoder().decode(key), partitions)).append('\n');
        }
        System.out.print(all);
    }
}
