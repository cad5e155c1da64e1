package io.trueup.audit.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.Entry;
import io.trueup.audit.result.DivergentKey.State;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.audit.result.ReplicaPartition;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.SettledComparison.Difference;
import io.trueup.topic.Place;
import io.trueup.tree.Hash128;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {

    private static final Map<String, String> TERMS = Map.of("--settle", "PT30S", "replica eu", "orders.eu (id abc)");
    private static final Hash128 SEEN = new Hash128(5, 6);

    @TempDir
    Path directory;

    @Test
    void shouldReadWhatItHasWritten() throws Exception {
        Path file = written();

        Checkpoint read = Checkpoint.open(file);

        read.bind(TERMS);
        assertThat(read.compared())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(partition(1), partition(4));
        assertThat(read.seen()).containsExactly(SEEN);
        assertThat(directory).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void shouldRefuseAFileInWhichAnyByteIsWrongOrMissing() throws Exception {
        Path file = written();
        byte[] content = Files.readAllBytes(file);

        for (int i = 0; i < content.length; i++) {
            byte[] damaged = content.clone();
            damaged[i] ^= 1;
            assertRefused(file, damaged);
            if (i > 0) {
                assertRefused(file, Arrays.copyOf(content, i));
            }
        }
        assertRefused(file, Arrays.copyOf(content, content.length + 1));
    }

    private static void assertRefused(Path file, byte[] content) throws Exception {
        Files.write(file, content);
        assertThatThrownBy(() -> Checkpoint.open(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageMatching("is damaged: its checksum is wrong|is no checkpoint of an audit");
    }

    @Test
    void shouldBelongToAnyAuditWhereItIsNewOrEmpty() throws Exception {
        Path file = directory.resolve("checkpoint");

        Checkpoint.open(file).bind(TERMS);
        assertThat(file).doesNotExist();
        Checkpoint.open(Files.createFile(file)).bind(TERMS);
    }

    @Test
    void shouldRefuseAnotherAuditAndNameWhatDiffers() throws Exception {
        Path file = written();
        byte[] content = Files.readAllBytes(file);
        Checkpoint read = Checkpoint.open(file);

        assertThatThrownBy(() -> read.bind(Map.of("--settle", "PT1M", "replica eu", "orders.eu (id abc)")))
                .isInstanceOf(Checkpoint.OtherAuditException.class)
                .hasMessageContaining(
                        file + " belongs to another audit: --settle was PT30S and is PT1M. Give the same");
        assertThatThrownBy(() -> read.bind(Map.of("--settle", "PT30S")))
                .hasMessageContaining("replica eu was orders.eu (id abc) and is not given");
        read.save();
        assertThat(Files.readAllBytes(file)).isEqualTo(content);
    }

    @Test
    void shouldBeTheOldFileUntilTheNewOneIsWhole() throws Exception {
        Path file = written();
        Files.write(directory.resolve("checkpoint.tmp"), new byte[] {1, 2, 3}); // of a process that was killed

        Checkpoint read = Checkpoint.open(file);
        read.bind(TERMS);
        read.drop(4);
        read.save();

        assertThat(Checkpoint.open(file).compared()).hasSize(1);
        assertThat(directory).isDirectoryNotContaining("glob:**.tmp");
        read.remove();
        assertThat(file).doesNotExist();
    }

    @Test
    void shouldKeepTheOldFileWhereTheNewOneCannotBeWritten() throws Exception {
        Path file = written();
        byte[] content = Files.readAllBytes(file);
        Files.createFile(
                Files.createDirectory(directory.resolve("checkpoint.tmp")).resolve("of another program"));
        Checkpoint read = Checkpoint.open(file);
        read.bind(TERMS);

        assertThatThrownBy(() -> read.add(partition(7), Set.of())).isInstanceOf(java.io.IOException.class);

        assertThat(Files.readAllBytes(file)).isEqualTo(content);
    }

    private Path written() throws Exception {
        Path file = directory.resolve("checkpoint");
        Checkpoint checkpoint = Checkpoint.open(file);
        checkpoint.bind(TERMS);
        checkpoint.add(partition(4), Set.of());
        checkpoint.add(partition(1), Set.of(SEEN));
        checkpoint.save();
        return file;
    }

    private static ComparedPartition partition(int number) {
        Place place = new Place("orders.eu", number, 17, 18);
        TreeMap<String, Optional<Entry>> entries = new TreeMap<>();
        entries.put(
                "eu",
                Optional.of(new Entry(
                        3,
                        Optional.of("a=1"),
                        4,
                        State.EXPIRED,
                        Optional.of(5L),
                        new Hash128(1, 2),
                        6,
                        Optional.of(new byte[] {7}),
                        place)));
        entries.put(
                "us",
                Optional.of(new Entry(
                        3,
                        Optional.empty(),
                        4,
                        State.LIVE,
                        Optional.empty(),
                        Hash128.ZERO,
                        0,
                        Optional.empty(),
                        place)));
        entries.put("ap", Optional.empty());
        return new ComparedPartition(
                number,
                1_790_000_000_000L,
                List.of(
                        new PartitionSummary(
                                new ReplicaPartition("eu", number),
                                "orders.eu",
                                1,
                                2,
                                3,
                                4,
                                5,
                                6,
                                7,
                                8,
                                Optional.of(new Hash128(3, 4))),
                        new PartitionSummary(
                                new ReplicaPartition("us", number),
                                "orders.us",
                                1,
                                2,
                                3,
                                4,
                                5,
                                6,
                                7,
                                8,
                                Optional.empty())),
                List.of("us"),
                9,
                8,
                1,
                List.of(new DivergentKey(
                        new byte[] {0, 1},
                        number,
                        entries,
                        List.of(new Difference("ap", Divergence.MISSING, List.of("eu"))),
                        List.of("us"),
                        new DivergentKey.Since("eu", place, 19, true, false),
                        DivergentKey.Repairs.unknown("they were not looked for"))),
                List.of("a note"));
    }
}
