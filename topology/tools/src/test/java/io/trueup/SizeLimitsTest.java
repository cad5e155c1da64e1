package io.trueup;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How large packages, source files and parameter lists of main code may be, in all modules. */
@AnalyzeClasses(
        packages = "io.trueup",
        importOptions = {DoNotIncludeTests.class, ArchitectureTest.DoNotIncludeTestJars.class})
class SizeLimitsTest {

    private static final int MAX_FILES = 25;
    private static final int MAX_LINES = 450;
    private static final int MAX_PARAMETERS = 12;

    /** What the class comment of a longer source file says, and then why. */
    private static final String REASON = "Longer than " + MAX_LINES + " lines because";

    private static final Pattern DECLARATION =
            Pattern.compile("^(public |abstract |final |sealed |non-sealed )*(class|interface|record|enum) ");

    /** The constructor of an enum has a name and a number before its declared parameters. */
    private static final int IMPLICIT_PARAMETERS_OF_ENUMS = 2;

    @Test
    void noPackageHasTooManySourceFiles() throws IOException {
        Map<String, Long> files = sources().stream()
                .collect(Collectors.groupingBy(SizeLimitsTest::packageOf, TreeMap::new, Collectors.counting()));

        files.values().removeIf(count -> count <= MAX_FILES);

        assertThat(files)
                .as("packages with more than " + MAX_FILES + " source files")
                .isEmpty();
    }

    @Test
    void longSourceFilesGiveTheReasonInTheirClassComment() throws IOException {
        List<String> without = new ArrayList<>();
        for (Path source : sources()) {
            List<String> lines = Files.readAllLines(source);
            if (lines.size() > MAX_LINES && !classComment(lines).contains(REASON)) {
                without.add(root().relativize(source) + ": " + lines.size() + " lines");
            }
        }

        assertThat(without)
                .as("source files with more than " + MAX_LINES + " lines whose class comment does not say \"" + REASON
                        + "\"")
                .isEmpty();
    }

    /** A record has a constructor with all its components. */
    @ArchTest
    static final ArchRule parameterListsAreShort = classes()
            .that()
            .resideOutsideOfPackage("io.trueup.schema")
            .should(new ArchCondition<>("have at most " + MAX_PARAMETERS + " parameters per constructor and method") {
                @Override
                public void check(JavaClass javaClass, ConditionEvents events) {
                    for (JavaCodeUnit codeUnit : javaClass.getCodeUnits()) {
                        if (!codeUnit.getModifiers().contains(JavaModifier.SYNTHETIC)
                                && declaredParameters(codeUnit) > MAX_PARAMETERS) {
                            events.add(SimpleConditionEvent.violated(
                                    codeUnit,
                                    codeUnit.getFullName() + " has " + declaredParameters(codeUnit) + " parameters"));
                        }
                    }
                }
            })
            .because("more positional values are confused easily: group them into records, or use a builder");

    private static int declaredParameters(JavaCodeUnit codeUnit) {
        boolean ofEnum =
                codeUnit instanceof JavaConstructor && codeUnit.getOwner().isEnum();
        return codeUnit.getRawParameterTypes().size() - (ofEnum ? IMPLICIT_PARAMETERS_OF_ENUMS : 0);
    }

    /** The main source files of all modules. */
    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (Path folder : List.of(root(), root().resolve("topology"))) {
            for (Path module : children(folder)) {
                Path main = module.resolve("src/main/java");
                if (Files.isDirectory(main)) {
                    try (Stream<Path> files = Files.walk(main)) {
                        files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
                    }
                }
            }
        }
        assertThat(sources).as("main source files below " + root()).isNotEmpty();
        return sources;
    }

    private static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            return children.sorted().toList();
        }
    }

    /** The root of the repository: the first folder at or above the working directory that contains the modules. */
    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve("topology/tools")) || !Files.isDirectory(folder.resolve("schemas"))) {
            folder = folder.getParent();
            assertThat(folder)
                    .as("a folder with topology/tools and schemas above the working directory")
                    .isNotNull();
        }
        return folder;
    }

    private static String packageOf(Path source) {
        String path = source.getParent().toString().replace('\\', '/');
        return path.substring(path.indexOf("/src/main/java/") + "/src/main/java/".length())
                .replace('/', '.');
    }

    /** The lines before the class, with one space between words: a sentence may be broken into lines of the comment. */
    private static String classComment(List<String> lines) {
        return lines.stream()
                .takeWhile(line -> !DECLARATION.matcher(line).find())
                .map(line -> line.strip().replaceFirst("^(/\\*\\*|\\*)", "").strip())
                .collect(Collectors.joining(" "));
    }
}
