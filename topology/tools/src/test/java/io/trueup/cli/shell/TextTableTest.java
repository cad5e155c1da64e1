package io.trueup.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTableTest {

    @Test
    void shouldAlignColumnsWithoutTrailingSpaces() {
        TextTable table = new TextTable("A", "LONG HEADING", "C");
        table.row("first", "x", "1");
        table.row("é", "", "");

        assertThat(table).hasToString("""
                A      LONG HEADING  C
                first  x             1
                é
                """);
    }
}
