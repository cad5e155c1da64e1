package io.trueup.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Marks what belongs to one application on a real broker, and nothing else. */
class StateResetIT {

    private final TestBroker broker = TestBroker.shared();

    @TempDir
    Path directory;

    /** The id of one replica is the beginning of that of the other. */
    @Test
    void shouldLeaveTheStateOfAnApplicationWhoseIdBeginsWithItsOwn() throws Exception {
        TrueupConfig config = TrueupConfig.of(Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "dataset", TestBroker.unique("reset"),
                "replicas", "eu,eu-west",
                "state.dir", directory.toString(),
                "hash.secret", "0123456789abcdef0123456789abcdef"));
        String own = config.applicationId("eu") + "-entries-changelog";
        String other = config.applicationId("eu-west") + "-entries-changelog";
        assertThat(other).startsWith(config.applicationId("eu") + "-");
        broker.createTopics(3, own, other);
        Path removed = Files.createDirectory(directory.resolve(config.applicationId("eu")));
        Path kept = Files.createDirectory(directory.resolve(config.applicationId("eu-west")));

        try (StateReset reset = new StateReset(config, "eu")) {
            assertThat(reset.plan()).isEqualTo(new StateReset.Plan(removed, own, 3));
            reset.execute(reset.plan());
        }

        assertThat(marks(own)).containsExactly(1L, 1L, 1L);
        assertThat(marks(other)).containsExactly(0L, 0L, 0L);
        assertThat(removed).doesNotExist();
        assertThat(kept).exists();
    }

    /** So many records each partition of a topic has. */
    private List<Long> marks(String topic) throws Exception {
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (int partition = 0; partition < 3; partition++) {
            ends.put(new TopicPartition(topic, partition), OffsetSpec.latest());
        }
        return broker.admin().listOffsets(ends).all().get().values().stream()
                .map(end -> end.offset())
                .toList();
    }
}
