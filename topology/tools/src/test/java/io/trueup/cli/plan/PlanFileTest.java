package io.trueup.cli.plan;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.cli.shell.OptionFile;
import io.trueup.plan.PlanHeader;
import io.trueup.plan.PlanLine;
import io.trueup.plan.PlannedRepair;
import io.trueup.plan.RepairPlan;
import io.trueup.reconcile.rule.Divergence;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class PlanFileTest {

    private static final PlanHeader HEADER =
            new PlanHeader("orders", 1_795_000_000_123L, "0123456789abcdef", List.of("a doubt", "another"));
    private static final PlannedRepair STALE = repair("order-7", Long.MAX_VALUE, Optional.of(observed(Long.MIN_VALUE)));

    @TempDir
    Path directory;

    @Test
    void shouldReadWhatItHasWritten() throws Exception {
        List<PlannedRepair> repairs = List.of(
                STALE,
                repair("hex:67", 1, Optional.empty()),
                repair("line\nfeed \" \\ \ud83c\udf75", 0, Optional.of(observed(2))),
                new PlannedRepair(
                        new byte[] {(byte) 0xff, 0},
                        3,
                        "us",
                        Divergence.MISSING,
                        new PlannedRepair.Winner("eu", "orders.eu", 0, -5, Long.MAX_VALUE, true),
                        Optional.empty(),
                        0));
        Path path = directory.resolve("plan.jsonl");

        PlanFile.write(new RepairPlan(HEADER, repairs, new RepairPlan.LeftOut(0, 0, 0, 0, 0)), path);

        try (PlanFile file = open(path)) {
            assertThat(file.header()).isEqualTo(HEADER);
            List<PlanLine> lines = new ArrayList<>();
            file.forEachRemaining(lines::add);
            assertThat(lines).extracting(PlanLine::number).containsExactly(2, 3, 4, 5);
            assertThat(lines)
                    .extracting(PlanLine::repair)
                    .usingRecursiveComparison()
                    .isEqualTo(repairs);
        }
        assertThat(Files.readAllLines(path)).hasSize(5).allMatch(line -> line.startsWith("{"));
        assertThat(Files.readString(path)).contains("\"key\":\"hex:6865783a3637\"", "\"key\":\"hex:ff00\"");
        assertThatThrownBy(() ->
                        PlanFile.write(new RepairPlan(HEADER, List.of(), new RepairPlan.LeftOut(0, 0, 0, 0, 0)), path))
                .isInstanceOf(FileAlreadyExistsException.class);
    }

    @Test
    void shouldReadAFileThatAPersonHasEdited() throws Exception {
        List<String> written = written(STALE);
        Path path = Files.writeString(
                directory.resolve("edited.jsonl"),
                "\ufeff" + written.get(0) + "\r\n\r\n  \n "
                        + written.get(1).replace("{\"key\"", "{ \"comment\": \"yes, please\", \"key\"") + "\r\n\n");

        try (PlanFile file = open(path)) {
            assertThat(file.next()).usingRecursiveComparison().isEqualTo(new PlanLine(4, STALE));
            assertThat(file.hasNext()).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"partition\":3         | \"partition\":-1                     | partition is not a whole number from 0 up",
                "\"partition\":3         | \"partition\":4294967299             | partition is not a whole number from 0 up",
                "\"partition\":3         | \"partition\":\"3\"                  | partition is not a whole number from 0 up, but \"3\"",
                "\"partition\":3,        | ``                                   | partition is missing",
                "9223372036854775807     | 9223372036854775808                  | winner.version is not a whole number",
                "9223372036854775807     | 9.223372036854775807e18              | winner.version is not a whole number",
                "9223372036854775807     | 7.0                                  | winner.version is not a whole number",
                "9223372036854775807     | null                                 | winner.version is not a whole number, but null",
                "\"offset\":12           | \"offset\":-12                       | winner.offset is not a whole number from 0 up",
                "\"offset\":5            | \"offset\":1e3                       | observed.offset is not a whole number from 0 up",
                "\"deleted\":false       | \"deleted\":\"false\"                | winner.deleted is not true or false, but \"false\"",
                "\"deleted\":false       | \"deleted\":0                        | winner.deleted is not true or false, but 0",
                "\"target\":\"us\"       | \"target\":\"\"                      | target is empty",
                "\"target\":\"us\"       | \"target\":\"us\",\"target\":\"ap\"  | Duplicate field 'target'",
                "\"reason\":\"STALE\"    | \"reason\":\"stale\"                 | reason is none of MISSING, STALE, UNDELETED and CORRUPT, but stale",
                "\"key\":\"order-7\"     | \"key\":7                            | key is not a text, but 7",
                "\"key\":\"order-7\"     | \"key\":\"hex:7\"                    | key: 'hex:7' is not hexadecimal",
                "\"observed\":           | \"seen\":                            | observed is missing; it is an object",
                "\"winner\":             | \"winner\":null,\"was\":             | winner is not an object, but null",
                "2026-11-18              | 2026-11-38                           | is no time such as",
                "{                       | [{                                   | it is no JSON object",
                "}                       | }}                                   | it is no JSON object",
                "\"since\":              | \"at\":1} {\"since\":               | it is no JSON object"
            })
    void shouldNameTheLineAndTheMemberThatIsWrong(String right, String wrong, String message) throws Exception {
        List<String> written = written(STALE);
        assertThat(written.get(1)).contains(right);
        String line = written.get(1).replaceFirst(Pattern.quote(right), Matcher.quoteReplacement(wrong));
        Path path = Files.write(directory.resolve("wrong.jsonl"), List.of(written.get(0), written.get(1), line));

        assertThatThrownBy(() -> {
                    try (PlanFile file = open(path)) {
                        file.forEachRemaining(read -> {});
                    }
                })
                .isInstanceOf(CommandLine.ParameterException.class)
                .hasMessageStartingWith("--plan: " + path + " line 3: ")
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{\"plan\":1,\"dataset\":\"orders\"}", "order-7", "repair"})
    void shouldRefuseAFileThatDoesNotBeginAsAPlan(String first) throws Exception {
        Path path = Files.writeString(
                directory.resolve("none.jsonl"),
                first.equals("repair") ? written(STALE).get(1) : first);

        assertThatThrownBy(() -> open(path).close())
                .isInstanceOf(CommandLine.ParameterException.class)
                .hasMessageStartingWith(
                        "--plan: " + path + (first.isEmpty() ? " is empty" : " is no plan of `trueup audit"));
    }

    @Test
    void shouldRefuseAPlanOfALaterFormat() throws Exception {
        List<String> written = written(STALE);
        Path path = Files.writeString(directory.resolve("later"), written.get(0).replace("\"plan\":1", "\"plan\":2"));

        assertThatThrownBy(() -> open(path).close())
                .hasMessageContaining("the plan has format version 2, and this program reads version 1");
    }

    @Test
    void shouldSayWhyAFileCannotBeRead() throws Exception {
        assertThatThrownBy(() -> open(directory.resolve("absent")))
                .hasMessageContaining("does not exist; name a file that does");
        Path latin =
                Files.write(directory.resolve("latin"), "{\"plan\":1,\"dataset\":\"caf\u00e9\"}".getBytes(ISO_8859_1));
        assertThatThrownBy(() -> open(latin)).hasMessageContaining("is not text in UTF-8");
    }

    private List<String> written(PlannedRepair repair) throws Exception {
        Path path = directory.resolve("written-" + System.nanoTime());
        PlanFile.write(new RepairPlan(HEADER, List.of(repair), new RepairPlan.LeftOut(0, 0, 0, 0, 0)), path);
        return Files.readAllLines(path);
    }

    private static PlanFile open(Path path) {
        CommandSpec command = new CommandLine(new RepairCommand()).getCommandSpec();
        return PlanFile.open(new OptionFile(command, "--plan", path));
    }

    private static PlannedRepair repair(String key, long version, Optional<PlannedRepair.Observed> observed) {
        return new PlannedRepair(
                key.getBytes(UTF_8),
                3,
                "us",
                Divergence.STALE,
                new PlannedRepair.Winner("eu", "orders.eu", 12, version, 1_795_000_000_001L, false),
                observed,
                1_795_000_000_002L);
    }

    private static PlannedRepair.Observed observed(long version) {
        return new PlannedRepair.Observed("orders.us", 5, version, true);
    }
}
