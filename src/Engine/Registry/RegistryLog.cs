using Microsoft.Extensions.Logging;

namespace Engine.Registry;

/// <summary>Log messages about the lifecycle of models. No text of a request or an answer is in it.</summary>
internal static partial class RegistryLog
{
    [LoggerMessage(101, LogLevel.Information, "Loading the model '{Model}' from {Path} with {Backend} ({Reason})")]
    public static partial void Loading(this ILogger logger, string model, string path, string backend, string reason);

    [LoggerMessage(102, LogLevel.Information, "Loading the model '{Model}': {Percent} %")]
    public static partial void LoadingGoesOn(this ILogger logger, string model, int percent);

    [LoggerMessage(103, LogLevel.Information, "Loaded the model '{Model}': {Architecture}, {Parameters} parameters, {FileType}, on {Device}")]
    public static partial void Loaded(this ILogger logger, string model, string architecture, long parameters, string fileType, string device);

    [LoggerMessage(104, LogLevel.Warning, "The loading of the model '{Model}' from {Path} was cancelled but does not end; it is abandoned")]
    public static partial void LoadingDoesNotEnd(this ILogger logger, string model, string path);

    [LoggerMessage(105, LogLevel.Error, "The model '{Model}' cannot be loaded as it was before, either")]
    public static partial void CannotGoBack(this ILogger logger, Exception failure, string model);

    [LoggerMessage(106, LogLevel.Information, "There is no room for the new version of the model '{Model}' beside the old one, which is unloaded after its running requests: {Reason}")]
    public static partial void NoRoomForBoth(this ILogger logger, string model, string reason);

    [LoggerMessage(107, LogLevel.Information, "Requests for the model '{Model}' go to its new version, {Path}; those that run end on the old one, {OldPath}")]
    public static partial void Swapped(this ILogger logger, string model, string path, string oldPath);

    [LoggerMessage(108, LogLevel.Error, "The model '{Model}' keeps serving unchanged, because its new version did not load; it is tried again when the file or the setting changes: {Reason}")]
    public static partial void SwapFailed(this ILogger logger, string model, string reason);

    [LoggerMessage(109, LogLevel.Information, "The configuration has a new model, '{Model}'")]
    public static partial void Added(this ILogger logger, string model);

    [LoggerMessage(110, LogLevel.Information, "The model '{Model}' is no longer in the configuration: it is unloaded after its running requests")]
    public static partial void Removed(this ILogger logger, string model);

    [LoggerMessage(111, LogLevel.Error, "The model '{Model}' has failed, and its next request loads it again: {Reason}")]
    public static partial void Failed(this ILogger logger, string model, string reason);

    [LoggerMessage(112, LogLevel.Information, "Unloaded the model '{Model}', which had no request for {Time}; its next one loads it again")]
    public static partial void UnloadedIdle(this ILogger logger, string model, TimeSpan? time);

    [LoggerMessage(113, LogLevel.Error, "Disposing of the model '{Model}'")]
    public static partial void DisposalFailed(this ILogger logger, Exception failure, string model);

    [LoggerMessage(114, LogLevel.Error, "The model '{Model}' does not serve: {Reason}")]
    public static partial void DoesNotServe(this ILogger logger, string model, string reason);

    [LoggerMessage(115, LogLevel.Information, "The model '{Model}' is the reference, and nothing here can judge it")]
    public static partial void CannotBeJudged(this ILogger logger, string model);

    [LoggerMessage(116, LogLevel.Information, "The model '{Model}' passes its gate: by '{Oracle}', {Explanation}")]
    public static partial void PassedGate(this ILogger logger, string model, string oracle, string explanation);

    [LoggerMessage(117, LogLevel.Error, "Taking over the changed configuration of the models")]
    public static partial void ChangeFailed(this ILogger logger, Exception failure);

    [LoggerMessage(118, LogLevel.Error, "The models stay unchanged, because the changed configuration has mistakes. {Mistakes}")]
    public static partial void ChangeRefused(this ILogger logger, string mistakes);

    [LoggerMessage(119, LogLevel.Error, "The models stay unchanged, because the changed configuration names a file that could not be read for {Seconds} s: a pipe, or a disk that does not respond. They change once it is read, or with the next change of the configuration")]
    public static partial void ChangeDoesNotCome(this ILogger logger, double seconds);
}
