package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "TRUEUP_BOOTSTRAP_SERVERS, bootstrap.servers",
        "TRUEUP_REPLICA_EU_WRITES_TOPIC, replica.eu.writes.topic",
        "TRUEUP_REPLICA_EU___WEST___1_ROLE, replica.eu-west-1.role",
        "TRUEUP_STREAMS_RACK_AWARE_ASSIGNMENT_NON__OVERLAP__COST, streams.rack.aware.assignment.non_overlap_cost",
        "TRUEUP_GRACE, grace"
    })
    void shouldTurnVariablesIntoKeys(String variable, String key) {
        Problems problems = new Problems("test");

        assertThat(Environment.settings(Map.of(variable, "x"), problems)).containsExactly(Map.entry(key, "x"));
        assertThat(problems.none()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TRUEUP_CONFIG",
                "TRUEUP_LOG_FORMAT",
                "TRUEUP_LOG_LEVEL",
                "TRUEUP_SERVICE_HOST",
                "TRUEUP_SERVICE_PORT",
                "TRUEUP_SERVICE_PORT_HTTP",
                "TRUEUP_PORT",
                "TRUEUP_PORT_8080_TCP",
                "TRUEUP_PORT_8080_TCP_ADDR",
                "TRUEUP_KAFKA_SERVICE_HOST",
                "TRUEUP_KAFKA_PORT_9092_TCP_PROTO",
                "TRUEUPPER",
                "PATH"
            })
    void shouldLeaveVariablesOfOthersAlone(String variable) {
        assertThat(Environment.settings(Map.of(variable, "x"), new Problems("test")))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRUEUP_OPTS", "TRUEUP_JAVA_OPTS"})
    void shouldNameTheVariableOfTheOptionsOfJava(String variable) {
        Problems problems = new Problems("test");

        assertThat(Environment.settings(Map.of(variable, "-Xmx1g"), problems)).isEmpty();
        assertThat(problems.exception().getMessage())
                .contains(variable + " has no effect; options of Java are in JAVA_OPTS");
        assertThat(Environment.settings(Map.of(variable, ""), new Problems("test")))
                .isEmpty();
    }

    @Test
    void shouldIgnoreEmptyVariables() {
        assertThat(Environment.settings(Map.of("TRUEUP_GRACE", " "), new Problems("test")))
                .isEmpty();
    }

    @Test
    void shouldRefuseVariablesThatMatchNoKeyAndNameThem() throws Exception {
        assertThat(problem("TRUEUP_ROUND_INTERVALL", "60s"))
                .contains("round.intervall", "did you mean round.interval?", "(set by TRUEUP_ROUND_INTERVALL)");
        assertThat(problem("TRUEUP_REPLICA_EU____X", "60s")).contains("(set by TRUEUP_REPLICA_EU____X)");
    }

    @Test
    void shouldNameTheVariableThatSetAWrongValue() throws Exception {
        assertThat(problem("TRUEUP_GRACE", "soon")).contains("Invalid value soon", "(set by TRUEUP_GRACE)");
        assertThat(problem("TRUEUP_LAG_PATIENCE", "2s")).contains("10 × grace", "(set by TRUEUP_LAG_PATIENCE)");
    }

    private String problem(String variable, String value) throws Exception {
        Path file = directory.resolve("trueup.properties");
        StringBuilder text = new StringBuilder();
        new Example().settings().forEach((key, setting) -> text.append(key + "=" + setting + "\n"));
        Files.writeString(file, text);
        InvalidConfigurationException error = catchThrowableOfType(
                InvalidConfigurationException.class, () -> TrueupConfig.load(file, Map.of(variable, value)));
        assertThat(error.problems()).hasSize(1);
        return error.problems().get(0);
    }
}
