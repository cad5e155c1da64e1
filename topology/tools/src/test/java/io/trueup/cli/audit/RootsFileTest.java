package io.trueup.cli.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.AuditResult.Verdict;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.audit.result.ReplicaPartition;
import io.trueup.tree.Hash128;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootsFileTest {

    @TempDir
    Path directory;

    @Test
    void shouldFindEqualRootsEqualAndOthersDifferent() throws Exception {
        RootsFile file = written(result(List.of(), 1, 2));

        assertThat(file.compare(result(List.of(), 1, 2)).verdict()).isEqualTo(Verdict.EQUAL);
        RootsFile.Comparison different = file.compare(result(List.of(), 1, 3));
        assertThat(different.verdict()).isEqualTo(Verdict.DIVERGENT);
        assertThat(different.text()).contains("ROOTS DIFFER", "us/0").doesNotContain("eu/0");
    }

    @Test
    void shouldProveNothingByTheRootsOfAnAuditThatCouldNotTell() throws Exception {
        RootsFile file = written(result(List.of("a record cannot be read"), 1, 1));

        RootsFile.Comparison comparison = file.compare(result(List.of(), 1, 1));

        assertThat(comparison.verdict()).isEqualTo(Verdict.UNKNOWN);
        assertThat(comparison.text()).startsWith("ROOTS PROVE NOTHING");
    }

    @Test
    void shouldProveNothingByAFileWithoutAVerdict() throws Exception {
        Path path = directory.resolve("roots.txt");
        RootsFile.write(result(List.of(), 1, 1), path);
        Files.write(
                path,
                Files.readAllLines(path).stream()
                        .filter(line -> !line.startsWith("# verdict"))
                        .toList());

        assertThat(RootsFile.read(path, Files.readAllLines(path))
                        .compare(result(List.of(), 1, 1))
                        .verdict())
                .isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void shouldRefuseAFileWithoutRoots() {
        Path path = directory.resolve("notes.txt");

        assertThatThrownBy(() -> RootsFile.read(path, List.of("eu 0 17")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("eu 0 17");
    }

    private RootsFile written(AuditResult result) throws Exception {
        Path path = directory.resolve("roots.txt");
        RootsFile.write(result, path);
        return RootsFile.read(path, Files.readAllLines(path));
    }

    /** Two replicas with a partition of these roots. */
    static AuditResult result(List<String> doubts, long eu, long us) {
        List<PartitionSummary> partitions = new ArrayList<>();
        partitions.add(summary("eu", eu));
        partitions.add(summary("us", us));
        return new AuditResult(
                new TreeMap<>(Map.of("eu", "trueup", "us", "trueup")),
                new AuditResult.Moment("latest", 1_790_000_000_000L, Duration.ofSeconds(30)),
                false,
                doubts,
                List.of(),
                partitions,
                0,
                0,
                List.of(),
                List.of(),
                "0123456789abcdef",
                new AuditResult.Effort(2, 2, 1, 2, 2, 1));
    }

    private static PartitionSummary summary(String replica, long root) {
        return new PartitionSummary(
                new ReplicaPartition(replica, 0),
                "orders." + replica,
                0,
                1,
                1,
                1,
                0,
                1,
                0,
                1_790_000_000_000L,
                Optional.of(new Hash128(root, root)));
    }
}
