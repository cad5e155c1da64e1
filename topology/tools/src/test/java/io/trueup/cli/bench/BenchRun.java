package io.trueup.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trueup.cli.shell.ExitCodes;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** A benchmark as the command line runs it, and what it prints. */
final class BenchRun {

    private BenchRun() {}

    /** Runs a command with JSON output. */
    static JsonNode json(Object command, String... options) throws JsonProcessingException {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = new CommandLine(command).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        List<String> arguments = new ArrayList<>(List.of(options));
        arguments.addAll(List.of("--output", "json"));
        int exitCode = line.execute(arguments.toArray(String[]::new));
        assertThat(exitCode).as("exit code; errors: %s", err).isEqualTo(ExitCodes.OK);
        assertThat(out.toString().lines()).hasSize(1);
        return new ObjectMapper().readTree(out.toString());
    }
}
