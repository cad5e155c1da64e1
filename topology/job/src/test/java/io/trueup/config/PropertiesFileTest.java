package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PropertiesFileTest {

    @TempDir
    Path directory;

    @Test
    void shouldPassOverAByteOrderMark() throws Exception {
        assertThat(read("\ufeffdataset=shop\n")).isEqualTo(Map.of("dataset", "shop"));
        assertThat(read("dataset=shop\n")).isEqualTo(Map.of("dataset", "shop"));
        assertThat(read("")).isEmpty();
    }

    @Test
    void shouldSayThatAFileIsThatOfAReferenceDatastore() {
        assertThatThrownBy(() -> read("name=eu\nfeed.topic=f\n"))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining(
                        "it is the configuration of a reference datastore, because it sets feed.topic: `trueup"
                                + " replica` and `trueup scrub` read it");
    }

    @Test
    void shouldRefuseADirectory() {
        assertThatThrownBy(() -> PropertiesFile.read(directory, new Problems("it")))
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("it is a directory; name a properties file");
    }

    private Map<String, String> read(String content) throws Exception {
        Path file = Files.writeString(directory.resolve("file.properties"), content);
        return PropertiesFile.read(file, new Problems(file.toString()));
    }
}
