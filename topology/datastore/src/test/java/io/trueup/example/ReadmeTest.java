package io.trueup.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The README shows the example as it is compiled, without its comments and with methods left out. */
class ReadmeTest {

    @Test
    void shouldShowLinesOfTheExampleInTheirOrder() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        List<String> source =
                Files.readAllLines(Path.of("src", "test", "java", "io", "trueup", "example", "MapDatastore.java"));
        List<String> shown = readme.substring(readme.indexOf("```java\n") + 8)
                .lines()
                .takeWhile(line -> !line.equals("```"))
                .toList();

        assertThat(shown).hasSizeGreaterThan(30);
        assertThat(source).containsSubsequence(shown);
    }
}
