package io.trueup.cli.shell;

import io.trueup.failure.KeyFormat;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The record key that a command takes as its argument, and the option that says how it is written. */
public final class KeyArgument {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Parameters(paramLabel = "KEY", description = "The record key: text in UTF-8, or hex: and hexadecimal digits.")
    private String text;

    @Option(names = "--key-hex", description = "KEY is hexadecimal, also without hex: before it.")
    private boolean hex;

    /**
     * The bytes of the key.
     *
     * @throws ParameterException if the key is not hexadecimal though it should be
     */
    public byte[] bytes() {
        try {
            return KeyFormat.parse(text, hex);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }
}
