package io.trueup.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The versions in the section "Upgrade" of OPERATIONS are those of the code. */
class UpgradeNotesTest {

    private static final Path TOPOLOGY = Repository.ROOT.resolve("topology");

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            protocol of the rounds | core/src/main/java/io/trueup/reconcile/settings/Settings.java | "(trueup \\d+)"
            state                  | job/src/main/java/io/trueup/state/StateIdentity.java          | byte VERSION = (\\d+);
            entries of the state   | job/src/main/java/io/trueup/state/EntryCodec.java             | byte VERSION = (\\d+);
            """)
    void shouldNameTheVersionOfTheCode(String what, String source, String pattern) throws IOException {
        String code = Files.readString(TOPOLOGY.resolve(source));
        String notes = Files.readString(TOPOLOGY.resolve("OPERATIONS.md"));

        assertThat(notes).containsPattern("(?m)^\\| " + what + " \\| `?" + first(pattern, code) + "`? \\| ");
    }

    @Test
    void shouldNameTheFormerFormatThatIsRead() throws IOException {
        String code = Files.readString(TOPOLOGY.resolve("job/src/main/java/io/trueup/state/StateIdentity.java"));

        assertThat(TOPOLOGY.resolve("OPERATIONS.md"))
                .content()
                .contains("Format " + first("byte EARLIER_VERSION = (\\d+);", code) + " is read");
    }

    @Test
    void shouldNameTheProtocolToContributors() throws IOException {
        String code =
                Files.readString(TOPOLOGY.resolve("core/src/main/java/io/trueup/reconcile/settings/Settings.java"));

        assertThat(Repository.ROOT.resolve("CONTRIBUTING.md"))
                .content()
                .contains("`" + first("\"(trueup \\d+)\"", code) + "`");
    }

    private static String first(String pattern, String code) {
        Matcher found = Pattern.compile(pattern).matcher(code);
        assertThat(found.find()).as(pattern).isTrue();
        return found.group(1);
    }
}
