package io.trueup.demo.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.replica.Intake;
import io.trueup.replica.Intake.Decision;
import io.trueup.replica.entry.FeedRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.Test;

class PartitionOwnersTest {

    private final PartitionOwners owners = new PartitionOwners(List.of("eu", "us"), 2);

    @Test
    void shouldLetAllReplicasStoreEverythingAtFirst() {
        assertThat(decision("eu", 0)).isEqualTo(Decision.APPLY);
        assertThat(decision("us", 1)).isEqualTo(Decision.APPLY);
        assertThat(owners.expected("eu", Map.of("a", 1, "b", 2))).isEqualTo(Map.of("a", 1, "b", 2));
    }

    @Test
    void shouldStartNewOwnersAndStopFormerOwnersOnRequest() {
        owners.change(List.of(List.of("eu"), List.of("us")));
        owners.stopFormerOwners();
        assertThat(decision("us", 0)).isEqualTo(Decision.DROP);

        owners.change(List.of(List.of("us"), List.of("us")));
        assertThat(decision("us", 0)).as("not yet").isEqualTo(Decision.DROP);
        owners.startNewOwners();
        assertThat(decision("us", 0)).isEqualTo(Decision.APPLY);
        assertThat(decision("eu", 0)).as("still").isEqualTo(Decision.APPLY);
        owners.stopFormerOwners();

        assertThat(decision("us", 0)).isEqualTo(Decision.APPLY);
        assertThat(decision("eu", 0)).isEqualTo(Decision.DROP);
    }

    @Test
    void shouldExpectTheKeysThatKafkaPutsIntoThePartitionsOfAReplica() {
        String key = "Tokyo";
        int partition = BuiltInPartitioner.partitionForKey(key.getBytes(StandardCharsets.UTF_8), 2);
        List<String> none = List.of();
        owners.change(partition == 0 ? List.of(List.of("eu"), none) : List.of(none, List.of("eu")));

        assertThat(owners.partition(key)).isEqualTo(partition);
        assertThat(owners.expected("eu", Map.of(key, 1))).containsOnlyKeys(key);
        assertThat(owners.expected("us", Map.of(key, 1))).isEmpty();
    }

    private Decision decision(String replica, int partition) {
        FeedRecord record = new FeedRecord("feed", partition, 0, new byte[1], new byte[1], 1, 1, Long.MAX_VALUE);
        return owners.intake(replica, Intake.FAITHFUL).onFeed(record);
    }
}
