package io.trueup.cli.topics;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.cli.Invocation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SECURITY.md shows what {@code trueup topics --dry-run --output commands} prints for the configuration of the page. */
class SecurityPageTest {

    private static final Path PAGE = Path.of("..", "SECURITY.md");
    private static final Pattern CONFIGURATION = Pattern.compile("```properties\n(.*?)```", Pattern.DOTALL);
    private static final Pattern COMMANDS = Pattern.compile("```sh\n(acl\\(\\).*?)```", Pattern.DOTALL);

    @TempDir
    Path directory;

    @Test
    void shouldShowTheAclsThatTheCommandPrints() throws Exception {
        String page = Files.readString(PAGE);
        Matcher configuration = CONFIGURATION.matcher(page);
        assertThat(configuration.find()).isTrue();
        Path file = Files.writeString(
                directory.resolve("trueup.properties"),
                configuration
                                .group(1)
                                .replace("http.token.file = /etc/trueup/http.token", "http.token = " + "t".repeat(16))
                        + "hash.secret=do-not-print-this-secret\n");

        Invocation trueup = Invocation.of("topics", "--dry-run", "--output", "commands", "-c", file.toString());

        assertThat(trueup.exitCode()).as(trueup.err()).isZero();
        List<String> sections = Arrays.stream(trueup.out().split("\n# ACLs of [^\n]*\n", -1))
                .skip(1)
                .toList();
        assertThat(sections).hasSize(4);
        List<String> shown = COMMANDS.matcher(page)
                .results()
                .map(commands -> commands.group(1))
                .toList();
        assertThat(shown).containsExactly(sections.get(0), sections.get(1), sections.get(3));
    }
}
