package io.trueup.cli.audit;

import io.trueup.audit.result.AuditResult;
import io.trueup.avro.RecordCodecs;
import io.trueup.cli.shell.OptionFile;
import io.trueup.source.canonical.ValueForm;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** In which form, and where, the result of an audit is written. Immutable. */
final class AuditOutput {

    private static final String OPTION = "--output";

    private final AuditFormat format;
    private final Optional<Path> file;
    private final Optional<ValueDecoder> values;
    private final CommandSpec command;

    /**
     * @param option the values of the option: a format, and the file if there is one
     * @param values reads the values of divergent keys; empty: they are not written
     * @throws ParameterException if there is no such format, or the file cannot be written
     */
    AuditOutput(List<String> option, Optional<ValueDecoder> values, CommandSpec command) {
        this.command = command;
        this.values = values;
        format = AuditFormat.of(option.get(0))
                .orElseThrow(() -> new ParameterException(
                        command.commandLine(),
                        OPTION + ": '" + option.get(0) + "' is not one of " + AuditFormat.NAMES));
        file = option.size() > 1 ? Optional.of(Path.of(option.get(1))) : Optional.empty();
        file.ifPresent(path -> new OptionFile(command, OPTION, path).checkWritable());
    }

    /**
     * Writes a result; where it goes to a file, the verdict goes to standard output.
     *
     * @param form what of the values was compared
     * @param codecs know the registry of the values, if this is the form of records
     */
    void write(AuditResult result, ValueForm form, RecordCodecs codecs) throws IOException {
        Optional<ValueDecoder> decoder = values.map(reading -> reading.comparing(form, codecs));
        PrintWriter out = command.commandLine().getOut();
        if (file.isPresent()) {
            Path path = file.get();
            try (PrintWriter writer = new PrintWriter(Files.newBufferedWriter(path))) {
                format.write(result, decoder, writer);
                if (writer.checkError()) {
                    throw new IOException(
                            "The result could not be written to " + path + " as a whole: is the disk full?");
                }
            }
            AuditText.verdict(result, out);
            out.println("Written to " + path + ".");
        } else {
            format.write(result, decoder, out);
        }
        out.flush();
    }

    /** Whether standard output is text for people, to which lines can be added. */
    boolean isText() {
        return format == AuditFormat.TEXT || file.isPresent();
    }
}
