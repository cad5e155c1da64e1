package io.trueup.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Removes what belongs to one application from a real broker, and nothing else. */
class StateResetIT {

    private final TestBroker broker = TestBroker.shared();

    @TempDir
    Path directory;

    /** The id of one replica is the beginning of that of the other. */
    @Test
    void shouldLeaveTheChangelogOfAnApplicationWhoseIdBeginsWithItsOwn() throws Exception {
        TrueupConfig config = TrueupConfig.of(Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "dataset", TestBroker.unique("reset"),
                "replicas", "eu,eu-west",
                "state.dir", directory.toString(),
                "hash.secret", "0123456789abcdef0123456789abcdef"));
        String own = config.applicationId("eu") + "-entries-changelog";
        String other = config.applicationId("eu-west") + "-entries-changelog";
        assertThat(other).startsWith(config.applicationId("eu") + "-");
        broker.createTopics(1, own, other);
        Files.createDirectory(directory.resolve(config.applicationId("eu")));
        Path kept = Files.createDirectory(directory.resolve(config.applicationId("eu-west")));

        try (StateReset reset = new StateReset(config, "eu")) {
            assertThat(reset.plan().changelogs()).containsExactly(own);
            reset.execute(reset.plan());
            assertThat(reset.plan().isEmpty()).isTrue();
        }

        assertThat(broker.admin().listTopics().names().get()).contains(other).doesNotContain(own);
        assertThat(kept).exists();
    }
}
