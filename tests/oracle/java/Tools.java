// Kafka's command-line tools, one after the other in one process. Reads lines, a class and its arguments with tabs between
// them; prints what that said (stdout and stderr), and a line `= STATUS`.
// Its rule: the tools' own `main` runs, and nothing else.

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.utils.Exit;

public class Tools {
    static class Exited extends RuntimeException {
        final int status;

        Exited(int status) {
            this.status = status;
        }
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        Exit.setExitProcedure((status, message) -> { throw new Exited(status); });
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = lines.readLine()) != null;) {
            String[] words = line.split("\t");
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            PrintStream own = new PrintStream(said, true, StandardCharsets.UTF_8);
            System.setOut(own);
            System.setErr(own);
            int status = run(words[0], Arrays.copyOfRange(words, 1, words.length));
            out.write(said.toByteArray());
            out.println();
            out.println("= " + status);
            out.flush();
        }
    }

    static int run(String name, String[] arguments) throws Exception {
        try {
            Class.forName(name).getMethod("main", String[].class).invoke(null, (Object) arguments);
            return 0;
        } catch (InvocationTargetException thrown) {
            for (Throwable cause = thrown; cause != null; cause = cause.getCause())
                if (cause instanceof Exited)
                    return ((Exited) cause).status;
            System.err.println(thrown.getCause());
            return -1;
        }
    }
}
