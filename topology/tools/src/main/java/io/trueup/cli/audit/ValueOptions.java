package io.trueup.cli.audit;

import io.trueup.cli.shell.OptionFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that show the values of divergent keys. */
final class ValueOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--values",
            description = {
                "Show the values of divergent keys side by side: of JSON objects and arrays, and of Avro records, the fields that"
                        + " are not the same. They are in the output, so mind who may read it. With a canonical form, fields are"
                        + " those of this form, without the members that are ignored."
            })
    private boolean values;

    @Option(
            names = "--value-schema",
            paramLabel = "FILE",
            description =
                    "With --values: an Avro schema (avsc) of the values. May be given several times. A value is read by the schema of"
                            + " its fingerprint (single-object encoding), or by the first that fits, also behind the five bytes"
                            + " of a schema registry.")
    private List<Path> valueSchemas = new ArrayList<>();

    boolean areShown() {
        return values;
    }

    /**
     * Reads the values of divergent keys, if they are asked for.
     *
     * @throws ParameterException if a schema cannot be used
     */
    Optional<ValueDecoder> decoder() {
        if (!values && !valueSchemas.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--value-schema needs --values");
        }
        return values
                ? Optional.of(
                        new ValueDecoder(valueSchemas.stream().map(this::schema).toList()))
                : Optional.empty();
    }

    private Schema schema(Path path) {
        OptionFile file = new OptionFile(spec, "--value-schema", path);
        try {
            return new SchemaParser().parse(file.text()).mainSchema();
        } catch (AvroRuntimeException e) {
            throw file.unusable("is no Avro schema: " + e.getMessage());
        }
    }
}
