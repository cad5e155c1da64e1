package io.trueup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Command lines of {@code trueup audit} that are refused before anybody is asked anything. */
class AuditOptionsTest {

    @TempDir
    Path directory;

    @Test
    void shouldRefuseARangeOfPartitionsThatEndsBeforeItBegins() {
        assertRefused("the range '7-4' ends before it begins", "--partitions", "1,7-4");
    }

    private static void assertRefused(String reason, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "audit",
                "--bootstrap-server",
                "localhost:1",
                "--replica",
                "eu=orders.eu",
                "--replica",
                "us=orders.us"));
        arguments.addAll(List.of(more));
        Invocation refused = Invocation.of(arguments.toArray(String[]::new));
        assertThat(refused.exitCode()).as(refused.out() + refused.err()).isEqualTo(2);
        assertThat(refused.err()).contains(reason);
        assertThat(refused.out()).isEmpty();
    }
}
