package io.trueup.cli;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The key that a command is about. */
final class KeyArgument {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Parameters(paramLabel = "KEY", description = "The record key, as text in UTF-8.")
    private String text;

    @Option(names = "--key-hex", description = "KEY is written in hexadecimal; a leading hex: does not count.")
    private boolean hex;

    byte[] bytes() {
        if (!hex) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        try {
            return HexFormat.of().parseHex(text.startsWith("hex:") ? text.substring(4) : text);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    command.commandLine(),
                    "'" + text + "' is not hexadecimal; write two digits for each byte of the key");
        }
    }
}
