package io.trueup.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class LogLevelsTest {

    @Test
    void shouldNameWhatIsNoLevel() {
        assertThat(LogLevels.fault(Map.of("TRUEUP_LOG_LEVEL", "LOUD"), name -> null))
                .hasValue(
                        "TRUEUP_LOG_LEVEL: 'LOUD' is no log level; use one of OFF, FATAL, ERROR, WARN, INFO, DEBUG, TRACE,"
                                + " ALL");
        assertThat(LogLevels.fault(Map.of(), name -> name.equals("trueup.log.level.libraries") ? "" : null))
                .hasValueSatisfying(fault -> assertThat(fault).startsWith("trueup.log.level.libraries: ''"));
    }

    @Test
    void shouldAcceptLevelsInAnyCaseAndNone() {
        assertThat(LogLevels.fault(Map.of("TRUEUP_LOG_LEVEL", "debug"), name -> "Warn"))
                .isEmpty();
        assertThat(LogLevels.fault(Map.of(), name -> null)).isEmpty();
    }
}
