package io.trueup.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LogSettingsTest {

    @Test
    void shouldNameWhatIsNoLevel() {
        assertThat(LogSettings.fault(Map.of("TRUEUP_LOG_LEVEL", "LOUD"), name -> null))
                .hasValue(
                        "TRUEUP_LOG_LEVEL: 'LOUD' is no log level; use one of OFF, FATAL, ERROR, WARN, INFO, DEBUG, TRACE,"
                                + " ALL");
        assertThat(LogSettings.fault(Map.of(), name -> name.equals("trueup.log.level.libraries") ? "" : null))
                .hasValueSatisfying(fault -> assertThat(fault).startsWith("trueup.log.level.libraries: ''"));
    }

    @Test
    void shouldNameWhatIsNoFormat() {
        assertThat(LogSettings.fault(Map.of("TRUEUP_LOG_FORMAT", "xml"), name -> null))
                .hasValue("TRUEUP_LOG_FORMAT: 'xml' is no log format; use one of text, json");
        assertThat(LogSettings.fault(Map.of(), name -> name.equals("trueup.log.format") ? "JSON" : null))
                .hasValueSatisfying(fault -> assertThat(fault).startsWith("trueup.log.format: 'JSON'"));
        assertThat(LogSettings.fault(
                        Map.of("TRUEUP_LOG_FORMAT", "json"), name -> name.equals("trueup.log.format") ? "text" : null))
                .isEmpty();
    }

    @Test
    void shouldAcceptLevelsInAnyCaseAndNone() {
        assertThat(LogSettings.fault(
                        Map.of("TRUEUP_LOG_LEVEL", "debug"),
                        name -> name.startsWith("trueup.log.level") ? "Warn" : null))
                .isEmpty();
        assertThat(LogSettings.fault(Map.of(), name -> null)).isEmpty();
    }
}
