package io.trueup.cli.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.cli.Invocation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Command lines of {@code trueup audit} that are refused before any broker is contacted. */
class AuditOptionsTest {

    @TempDir
    Path directory;

    @Test
    void shouldRefuseARangeOfPartitionsThatEndsBeforeItBegins() {
        assertRefused("the range '7-4' ends before it begins", "--partitions", "1,7-4");
    }

    @Test
    void shouldRefuseTooLittleMemory() {
        assertRefused(
                "--memory: 127k is too little for the tables of 2 replicas and 2 partitions at the same time: give 128k or more,"
                        + " or fewer --threads",
                "--memory",
                "127k",
                "--threads",
                "2");
        assertRefused("'lots' is not a size such as 512m", "--memory", "lots");
    }

    @Test
    void shouldRefuseClientPropertiesWithoutBrokers() throws Exception {
        Path file = Files.writeString(directory.resolve("ap.properties"), "security.protocol=SSL\n");

        assertRefused(file + " does not set bootstrap.servers", "--replica", "ap=orders.ap@" + file);
        Invocation alone =
                Invocation.of("audit", "--replica", "eu=orders.eu@" + file, "--replica", "us=orders.us@" + file);
        assertThat(alone.exitCode()).isEqualTo(2);
        assertThat(alone.err()).contains(file + " does not set bootstrap.servers");
        assertRefused(
                "--replica: " + directory.resolve("none") + " does not exist",
                "--replica",
                "ap=orders.ap@" + directory.resolve("none"));
    }

    @Test
    void shouldNeverEndWithTheExitCodeOfDivergenceForUnusableOptions() throws Exception {
        Path time = Files.writeString(directory.resolve("roots.txt"), "# as of noon\neu 0 - abc 1\n");

        assertRefused("neither latest, nor a time", "--at", "noon\0");
        assertRefused("is in the future", "--at", "2999-01-01T00:00:00Z");
        assertRefused("which has no offsets", "--at", time.toString());
        assertRefused("'xml' is not one of", "--output", "xml");
        assertRefused("resolution", "--resolution", "chance");
        assertRefused("from 1 up", "--limit", "0");
        assertRefused("from 1 up", "--threads", "0");
        assertRefused("there is no replica jp among", "--repairs", "jp=repairs.jp");
        assertRefused(
                "is not hexadecimal",
                "--keys-from",
                Files.writeString(directory.resolve("keys"), "hex:x").toString());
        assertRefused(
                directory.resolve("bytes") + " is not text in UTF-8",
                "--keys-from",
                Files.write(directory.resolve("bytes"), new byte[] {-1, -2}).toString());
        assertRefused("is named twice", "--replica", "eu=orders.other");
        assertRefused("'e/u' is not a replica name", "--replica", "e/u=orders.other");
    }

    @Test
    void shouldNameTheOptionOfAFileThatCannotBeRead() throws Exception {
        Path none = directory.resolve("none");
        Path bytes = Files.write(directory.resolve("bytes"), new byte[] {-1, -2});

        for (String option : List.of("--keys-from", "--command-config")) {
            assertRefused(option + ": " + none + " does not exist", option, none.toString());
            assertRefused(option + ": " + directory + " is a directory", option, directory.toString());
            assertRefused(option + ": " + bytes + " is not text in UTF-8", option, bytes.toString());
        }
        for (String option : List.of("--verify", "--value-schema")) {
            assertRefused(option + ": " + none + " does not exist", "--values", option, none.toString());
        }
        Path store = Files.writeString(directory.resolve("store"), "ssl.truststore.location=/no/trust.jks\n");
        assertRefused(
                "--command-config: " + store + " has ssl.truststore.location=/no/trust.jks, but there is no such file",
                "--command-config",
                store.toString());
        Path marked = Files.writeString(directory.resolve("marked"), "\ufeffssl.truststore.location=/no/trust.jks\n");
        assertRefused(marked + " has ssl.truststore.location", "--command-config", marked.toString());
        Path notes = Files.writeString(directory.resolve("notes.txt"), "eu 0 17\n");
        assertRefused("--verify: " + notes + " is not a file of --roots: eu 0 17", "--verify", notes.toString());
        assertRefused(
                "--value-schema: " + notes + " is no Avro schema", "--values", "--value-schema", notes.toString());
        assertRefused("--value-schema needs --values", "--value-schema", notes.toString());
        assertRefused("--at: " + directory + " is a directory", "--at", directory.toString());
        Path escape = Files.writeString(directory.resolve("escape"), "a=\\u12\n");
        assertRefused("--command-config: " + escape + " is no properties file", "--command-config", escape.toString());
    }

    @Test
    void shouldCheckTheFilesThatItWillWriteBeforeItReads() {
        Path nowhere = directory.resolve("none").resolve("file");

        assertRefused("--output: " + nowhere + " cannot be written", "--output", "html", nowhere.toString());
        assertRefused("--output: " + directory + " is a directory", "--output", "csv", directory.toString());
        assertRefused("--roots: " + nowhere + " cannot be written", "--roots", nowhere.toString());
        assertRefused("--checkpoint: " + nowhere + " cannot be written", "--checkpoint", nowhere.toString());
    }

    @Test
    void shouldRefuseAFileThatIsNoCheckpoint() throws Exception {
        Path notes = Files.writeString(directory.resolve("notes.txt"), "my notes, and some more of them\n".repeat(9));

        assertRefused(
                "--checkpoint: " + notes + " is no checkpoint of an audit. Delete it",
                "--checkpoint",
                notes.toString());

        assertThat(notes).content().startsWith("my notes");
    }

    @Test
    void shouldRefuseAnUnusableConfigurationWithTheExitCodeOfAnUnknownVerdict() throws Exception {
        Path file = Files.writeString(directory.resolve("trueup.properties"), "replicas=eu\n");

        Invocation refused = Invocation.of("audit", "-c", file.toString());

        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err()).contains("hash.secret").doesNotContain("\tat ");
    }

    private static void assertRefused(String reason, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "audit",
                "--patience",
                "1s",
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
