using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Runtime;

/// <summary>
/// Guards the native calls of one thread. If llama.cpp would end the process (a failed assertion, an uncaught
/// C++ exception), the thread notifies its guard and is parked forever, and the process and its other models live on.
/// </summary>
/// <remarks>This is the last line of defence, behind the checks that keep such inputs from native code. It cannot catch SIGSEGV and SIGBUS.
/// Measured in llama.cpp v0.5.0: other models, and other contexts of the same model, keep working.</remarks>
internal sealed unsafe class NativeGuard : IDisposable
{
    // If a pool thread fails, the owner of the computation keeps waiting, because no further node of its graph finishes.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private static readonly Lock Gate = new();
    private static readonly List<NativeGuard> All = [];
    private static bool _installed;
    private static delegate* unmanaged[Cdecl]<void> _terminate;

    [ThreadStatic]
    private static NativeGuard? _ofThisThread;

    private readonly Action<string> _failed;
    private volatile bool _inside;
    private int _beats;

    /// <param name="failed">Receives the reason, on the thread that failed; must not wait for anything on that thread.</param>
    public NativeGuard(Action<string> failed)
    {
        _failed = failed;
        lock (Gate)
        {
            All.Add(this);
        }
    }

    /// <summary>Installs the handlers, once per process. The library must be loaded.</summary>
    public static void Install()
    {
        lock (Gate)
        {
            if (_installed)
            {
                return;
            }
            _installed = true;
            Ggml.ggml_set_abort_callback(&OnAbort);
            if (OperatingSystem.IsLinux())
            {
                _terminate = LibStdCpp.SetTerminate(&OnTerminate);
            }
        }
    }

    /// <summary>Begins native calls of this thread.</summary>
    public void Enter()
    {
        _ofThisThread = this;
        _inside = true;
    }

    /// <summary>Ends the native calls.</summary>
    public void Leave()
    {
        _inside = false;
        _ofThisThread = null;
    }

    /// <summary>Guards native calls of this thread until the scope is disposed.</summary>
    public Scope Inside()
    {
        Enter();
        return new Scope(this);
    }

    /// <summary>Notes, from a callback, that the native call is still running.</summary>
    public void Beat() => _beats++;

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Gate)
        {
            All.Remove(this);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnAbort(byte* message) => ParkThread(Marshal.PtrToStringUTF8((nint)message) ?? "no reason given", _ofThisThread ?? FindStalledGuard());

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnTerminate()
    {
        ParkThread("an uncaught C++ exception", _ofThisThread);
        _terminate();
    }

    /// <summary>Does not return if there is a guard to notify.</summary>
    private static void ParkThread(string reason, NativeGuard? guard)
    {
        if (guard is null)
        {
            return;
        }
        try
        {
            guard._failed(reason);
        }
        catch (Exception)
        {
            // Ignore whatever the receiver throws, because an exception that leaves a callback would end the process after all.
        }
        using var never = new ManualResetEventSlim();
        never.Wait();
    }

    // The thread is not ours but from ggml's pool. Its computation is the one whose callbacks fall silent.
    private static NativeGuard? FindStalledGuard()
    {
        (NativeGuard Guard, int Beats)[] inside;
        lock (Gate)
        {
            inside = [.. All.Where(guard => guard._inside).Select(guard => (guard, guard._beats))];
        }
        if (inside.Length < 2)
        {
            return inside.FirstOrDefault().Guard;
        }
        using var never = new ManualResetEventSlim();
        never.Wait(Silence);
        return inside.FirstOrDefault(one => one.Guard._inside && Volatile.Read(ref one.Guard._beats) == one.Beats, inside[0]).Guard;
    }

    /// <summary>The time of some native calls.</summary>
    public readonly ref struct Scope(NativeGuard guard)
    {
        /// <summary>Ends the native calls.</summary>
        public void Dispose() => guard.Leave();
    }
}
